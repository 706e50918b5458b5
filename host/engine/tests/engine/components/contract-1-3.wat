(component
  (instance $i)
  (export "tollgate:plugin/lifecycle@1.3.0" (instance $i))
  (export "tollgate:plugin/decider@1.3.0" (instance $i)))
