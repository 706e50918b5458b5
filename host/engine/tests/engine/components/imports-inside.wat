;; What a nested component imports is no import of this one.
(component
  (component (import "wasi:clocks/monotonic-clock@0.2.0" (instance)))
  (core module (import "env" "now" (func))))
