(component
  (instance $i)
  (export "\1b[2J\0d\0a`ok`" (instance $i)))
