//! Imports of WASI and of the contract as a component's text has them, with the core functions that they become.

/// `$subscribe` (a pollable that is ready after so many nanoseconds) and `$block` (waits for it).
pub(super) const CLOCK: &str = r#"
(import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type $p (sub resource)))
  (export "[method]pollable.block" (func (param "self" (borrow $p))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
  (alias outer 1 $pollable (type $p')) (export "pollable" (type $p (eq $p')))
  (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
(core func $subscribe (canon lower (func $clock "subscribe-duration")))
(core func $block (canon lower (func $poll "[method]pollable.block")))"#;

/// `$bytes`: so many random ones.
pub(super) const RANDOM: &str = r#"
(import "wasi:random/random@0.2.0" (instance $random
  (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
(core func $bytes (canon lower (func $random "get-random-bytes") (memory (core memory $memory))
  (realloc (core func $realloc))))"#;

/// `$get` (a handle of stderr) and `$zeroes` (writes so many).
pub(super) const STDERR: &str = r#"
(import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
(alias export $error "error" (type $failed))
(import "wasi:io/streams@0.2.0" (instance $streams
  (alias outer 1 $failed (type $f')) (export "error" (type $f (eq $f')))
  (type $e' (variant (case "last-operation-failed" (own $f)) (case "closed"))) (export "stream-error" (type $e (eq $e')))
  (export "output-stream" (type $o (sub resource)))
  (export "[method]output-stream.write-zeroes"
    (func (param "self" (borrow $o)) (param "len" u64) (result (result (error $e)))))))
(alias export $streams "output-stream" (type $output))
(import "wasi:cli/stderr@0.2.0" (instance $stderr
  (alias outer 1 $output (type $o')) (export "output-stream" (type $o (eq $o')))
  (export "get-stderr" (func (result (own $o))))))
(core func $get (canon lower (func $stderr "get-stderr")))
(core func $zeroes (canon lower (func $streams "[method]output-stream.write-zeroes") (memory (core memory $memory))))"#;

/// `$write`: a line of the log.
pub(crate) const LOG: &str = r#"
(import "lyrebird:plugin/log@0.1.0" (instance $log
  (type $l' (enum "trace" "debug" "info" "warn" "error")) (export "level" (type $l (eq $l')))
  (export "write" (func (param "level" $l) (param "message" string)))))
(core func $write (canon lower (func $log "write") (memory (core memory $memory))))"#;

/// `$set`: a value of the store.
pub(super) const STORE: &str = r#"
(import "lyrebird:plugin/store@0.1.0" (instance $store
  (type $e' (variant (case "too-large") (case "quota") (case "io" string))) (export "error" (type $e (eq $e')))
  (export "set" (func (param "key" string) (param "value" (list u8)) (param "ttl-seconds" (option u32))
    (result (result (error $e)))))))
(core func $set (canon lower (func $store "set") (memory (core memory $memory)) (realloc (core func $realloc))))"#;

/// `$all`: requests, all at once.
pub(super) const HTTP: &str = r#"
(import "lyrebird:plugin/http@0.1.0" (instance $http
  (alias outer 1 $pair (type $p')) (export "pair" (type $p (eq $p')))
  (type $m' (enum "get" "head" "post" "put" "patch" "delete")) (export "method" (type $m (eq $m')))
  (type $r' (variant (case "manual") (case "follow" u8))) (export "redirect" (type $r (eq $r')))
  (type $q' (record (field "method" $m) (field "url" string) (field "headers" (list $p))
    (field "body" (option (list u8))) (field "redirect" $r) (field "timeout-ms" (option u32))
    (field "max-body" (option u32))))
  (export "request" (type $q (eq $q')))
  (type $a' (record (field "status" u16) (field "url" string) (field "headers" (list $p)) (field "body" (list u8))
    (field "truncated" bool)))
  (export "response" (type $a (eq $a')))
  (type $e' (variant (case "denied" string) (case "invalid-request" string) (case "timeout") (case "dns" string)
    (case "connect" string) (case "tls" string) (case "io" string)))
  (export "error" (type $e (eq $e')))
  (export "send-all" (func (param "requests" (list $q)) (result (list (result $a (error $e))))))))
(core func $all (canon lower (func $http "send-all") (memory (core memory $memory)) (realloc (core func $realloc))))"#;
