(component
  (instance $i)
  (export "tollgate:plugin/decider@\1b[2J" (instance $i)))
