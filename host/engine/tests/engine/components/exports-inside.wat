;; What a nested component exports is no export of this one.
(component
  (component
    (instance $i)
    (export "tollgate:plugin/decider@1.0.0" (instance $i))))
