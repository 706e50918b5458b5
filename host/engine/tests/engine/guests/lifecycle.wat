;; What every world shares: memory, an allocator, `describe` and `configure`.
;; What lies between `;;{name` and `;;}` may be replaced by a test.
;;
;; The settings are one digit: the limit of the policy, in tenths.

;;{memory
(memory (export "memory") 1)
;;}
(global $next (mut i32) (i32.const 4096))
(global $limit (mut f64) (f64.const nan))

(func $alloc (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at
    (i32.and
      (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
  (global.set $next (i32.add (local.get $at) (local.get $size)))
  (block $fits
    (loop $more
      (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
      (br $more)))
  (local.get $at))

(func $cabi_realloc (export "cabi_realloc")
  (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
  ;;{cabi_realloc
  (call $alloc (local.get $align) (local.get $size))
  ;;}
)

;; info: name, version, summary, settings-schema
(data (i32.const 0x100)
  "\00\02\00\00\05\00\00\00" "\05\02\00\00\05\00\00\00"
  "\0a\02\00\00\11\00\00\00" "\1b\02\00\00\02\00\00\00")
(data (i32.const 0x200) "guest" "1.0.0" "a guest for tests" "{}")

(func $describe (export "tollgate:plugin/lifecycle@1.0.0#describe") (result i32)
  ;;{describe
  (i32.const 0x100)
  ;;}
)

;; the findings of settings that are not a digit
(data (i32.const 0x400)
  "\00\05\00\00\0b\00\00\00" "\03\00\00\00" "\0b\05\00\00\1b\00\00\00")
(data (i32.const 0x440) "\01\00\00\00")
(data (i32.const 0x500) "not-a-digit" "the limit is one digit, 0" "-9")

(func $configure (export "tollgate:plugin/lifecycle@1.0.0#configure")
  (param $settings i32) (param $length i32) (result i32)
  ;;{configure
  (local $digit i32)
  (local.set $digit (i32.sub (i32.load8_u (local.get $settings)) (i32.const 0x30)))
  (if (i32.or
        (i32.ne (local.get $length) (i32.const 1))
        (i32.gt_u (local.get $digit) (i32.const 9)))
    (then
      (i32.store8 (i32.const 0x140) (i32.const 1))
      (i32.store (i32.const 0x144) (i32.const 0x400))
      (i32.store (i32.const 0x148) (i32.const 1))
      (return (i32.const 0x140))))
  (global.set $limit
    (f64.div (f64.convert_i32_u (local.get $digit)) (f64.const 10)))
  (i32.const 0x140)
  ;;}
)

;;{more
;;}
