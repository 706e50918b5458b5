(component
  (core module $m)
  (instance $lifecycle (export "describe" (core module $m)))
  (instance $empty)
  (export "tollgate:plugin/lifecycle@1.0.0" (instance $lifecycle))
  (export "tollgate:plugin/decider@1.0.0" (instance $empty)))
