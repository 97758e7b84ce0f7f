;; The exports of a notifier: wit/notifier.wit.
(type $event' (record
  (field "id" string) (field "time" $timestamp) (field "kind" string) (field "platform" (option string))
  (field "room" (option $room)) (field "session" (option string)) (field "broadcast" (option $broadcast))
  (field "text" string) (field "facts" (list $pair))))
(type $told (result (option string) (error $failure)))
(type $taken (result (error $failure)))
;; A type must have a name to stand in an export's type; the contract asks for no place where it has it.
(export $event "event" (type $event'))
(func $announce (param "event" $event) (result $told)
  (canon lift (core func $i "announce") (memory (core memory $memory)) (realloc (core func $realloc))))
(func $find (param "event" $event) (result $told)
  (canon lift (core func $i "find") (memory (core memory $memory)) (realloc (core func $realloc))))
(func $retract (param "event" $event) (param "receipt" string) (result $taken)
  (canon lift (core func $i "retract") (memory (core memory $memory)) (realloc (core func $realloc))))
(instance (export "lyrebird:plugin/notifier@0.1.0")
  (export "announce" (func $announce)) (export "find" (func $find)) (export "retract" (func $retract)))
