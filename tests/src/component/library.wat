;; Memory, its allocator, and the answers of a plugin that does no harm.
(core module $library'
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 4096))
  (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get $new)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.shr_u (local.get $new) (i32.const 16)) (i32.const 1)))))
    (local.get $at))
  ;; 1024: `resolve` is ok, "x".
  (data (i32.const 1028) "\d0\04\00\00\01\00\00\00")
  (data (i32.const 1232) "x")
  ;; 1056: `check` is one answer, ok, live, everything empty (84 bytes at 1312).
  (data (i32.const 1056) "\20\05\00\00\01\00\00\00")
  (data (i32.const 1316) "\03")
  ;; 1088: `streams` is ok and empty; so is `retract`.
  ;; 1120: `announce` and `find` are ok, some, "x".
  (data (i32.const 1124) "\01\00\00\00\d0\04\00\00\01\00\00\00"))
(core instance $library (instantiate $library'))
(alias core export $library "memory" (core memory $memory))
(alias core export $library "realloc" (core func $realloc))
