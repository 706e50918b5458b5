;; One finding, `rule`, "a message", at 0x600, and the list of it at 0x1d0.
(data (i32.const 0x600)
  "\80\06\00\00\04\00\00\00" "\03\00\00\00" "\84\06\00\00\09\00\00\00")
(data (i32.const 0x638) "\90\06\00\00\00\00\00\00" "\01\00\00\00")
(data (i32.const 0x680) "rule" "a message")
(data (i32.const 0x1d0) "\00\06\00\00\01\00\00\00")
