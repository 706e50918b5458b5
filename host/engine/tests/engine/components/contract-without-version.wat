(component
  (instance $i)
  (export "tollgate:plugin/lifecycle" (instance $i))
  (export "tollgate:plugin/decider" (instance $i)))
