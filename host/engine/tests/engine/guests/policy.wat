;; A policy that blocks a score over the limit.

;; declaration: one input `score`, the score; `allow`, `block`; `over_limit`
(data (i32.const 0x170)
  "\00\03\00\00\01\00\00\00" "\01\00\00\00\00\00\00\00"
  "\10\03\00\00\02\00\00\00" "\20\03\00\00\01\00\00\00")
(data (i32.const 0x230) "score" "allow" "block" "over_limit")
(data (i32.const 0x250) "the score is missing")
(data (i32.const 0x300) "\30\02\00\00\05\00\00\00" "\02\01\00\00")
(data (i32.const 0x310) "\35\02\00\00\05\00\00\00" "\3a\02\00\00\05\00\00\00")
(data (i32.const 0x320) "\3f\02\00\00\0a\00\00\00")

;; three results: allow; block because of reason 0; an error
(data (i32.const 0x340)
  "\00\00\00\00" "\00\00\00\00" "\04\00\00\00\00\00\00\00"
  "\00\00\00\00" "\01\00\00\00" "\80\03\00\00\01\00\00\00"
  "\01\00\00\00" "\50\02\00\00\14\00\00\00" "\00\00\00\00")
(data (i32.const 0x380) "\00\00\00\00")

(func $surface (export "tollgate:plugin/decider@1.0.0#surface") (result i32)
  ;;{surface
  (i32.const 0x170)
  ;;}
)

;; The index of the result for a score: 2 for a NaN, and always before
;; `configure`, when the limit is one.
(func $judge (param $score f64) (result i32)
  (if (f64.gt (local.get $score) (global.get $limit)) (then (return (i32.const 1))))
  (if (f64.le (local.get $score) (global.get $limit)) (then (return (i32.const 0))))
  (i32.const 2))

(func $decide (export "tollgate:plugin/decider@1.0.0#decide")
  (param $values i32) (param $length i32) (result i32)
  ;;{decide
  (local $result i32)
  (local.set $result (i32.const 2))
  (if (i32.eq (local.get $length) (i32.const 1))
    (then
      (if (i32.eq (i32.load8_u (local.get $values)) (i32.const 3))
        (then
          (local.set $result (call $judge (f64.load offset=8 (local.get $values))))))))
  (i32.add (i32.const 0x340) (i32.mul (local.get $result) (i32.const 16)))
  ;;}
)

(func $decide-batch (export "tollgate:plugin/decider@1.0.0#decide-batch")
  (param $rows i32) (param $columns i32) (param $length i32) (result i32)
  ;;{decide-batch
  (local $answers i32) (local $row i32) (local $cells i32)
  (local.set $cells (i32.load offset=4 (local.get $columns)))
  (local.set $answers (call $alloc (i32.const 4) (i32.shl (local.get $rows) (i32.const 2))))
  (block $done
    (loop $next-row
      (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
      (i32.store
        (i32.add (local.get $answers) (i32.shl (local.get $row) (i32.const 2)))
        (call $judge
          (f64.load (i32.add (local.get $cells) (i32.shl (local.get $row) (i32.const 3))))))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br $next-row)))
  (i32.store8 (i32.const 0x1b0) (i32.const 0))
  (i32.store (i32.const 0x1b4) (i32.const 0x340))
  (i32.store (i32.const 0x1b8) (i32.const 3))
  (i32.store (i32.const 0x1bc) (local.get $answers))
  (i32.store (i32.const 0x1c0) (local.get $rows))
  (i32.const 0x1b0)
  ;;}
)
