(component
  (instance $i)
  (export "tollgate:plugin/lifecycle@1.1.0" (instance $i))
  (export "tollgate:plugin/decider@1.0.0" (instance $i))
  (export "tollgate:plugin/decider@1.1.0" (instance $i)))
