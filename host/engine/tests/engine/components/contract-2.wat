(component
  (instance $i)
  (export "tollgate:plugin/lifecycle@2.0.0" (instance $i))
  (export "tollgate:plugin/decider@2.0.0" (instance $i)))
