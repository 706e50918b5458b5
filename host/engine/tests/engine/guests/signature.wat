;; A signature that wants an object: the first byte is `{`.
(func $check (export "tollgate:plugin/checker@1.0.0#check")
  (param $payload i32) (param $length i32) (result i32)
  ;;{check
  (if (i32.and
        (i32.gt_u (local.get $length) (i32.const 0))
        (i32.eq (i32.load8_u (local.get $payload)) (i32.const 0x7b)))
    (then (return (i32.const 0x1e0))))
  (i32.const 0x1d0)
  ;;}
)

(func $normalize (export "tollgate:plugin/checker@1.0.0#normalize")
  (param $payload i32) (param $length i32) (result i32)
  ;;{normalize
  (if (i32.eq (i32.load8_u (local.get $payload)) (i32.const 0x7b))
    (then
      (i32.store8 (i32.const 0x1f0) (i32.const 0))
      (i32.store (i32.const 0x1f4) (local.get $payload))
      (i32.store (i32.const 0x1f8) (local.get $length)))
    (else
      (i32.store8 (i32.const 0x1f0) (i32.const 1))
      (i32.store (i32.const 0x1f4) (i32.const 0x600))
      (i32.store (i32.const 0x1f8) (i32.const 1))))
  (i32.const 0x1f0)
  ;;}
)

(func $check-columns (export "tollgate:plugin/checker@1.0.0#check-columns")
  (param $rows i32) (param $columns i32) (param $length i32) (result i32)
  ;;{check-columns
  (if (local.get $rows) (then (return (i32.const 0x1e0))))
  (i32.const 0x1d0)
  ;;}
)
