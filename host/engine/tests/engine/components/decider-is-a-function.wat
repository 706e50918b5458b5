(component
  (core module $m (func (export "f")))
  (core instance $c (instantiate $m))
  (func $f (canon lift (core func $c "f")))
  (export "tollgate:plugin/decider@1.0.0" (func $f)))
