(component
  (core module $m (func (export "f") (result i32) (i32.const 0)))
  (core instance $c (instantiate $m))
  (func $f (result u32) (canon lift (core func $c "f")))
  (instance $lifecycle (export "describe" (func $f)))
  (instance $empty)
  (export "tollgate:plugin/lifecycle@1.0.0" (instance $lifecycle))
  (export "tollgate:plugin/decider@1.0.0" (instance $empty)))
