;; A component for somebody else.
(component
  (instance $run)
  (export "wasi:cli/run@0.2.0" (instance $run)))
