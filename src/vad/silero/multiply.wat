;; Multiplies a matrix and a vector of float32, with SIMD: two rows and four columns at a time.
;; Addresses and rowBytes are in bytes; the number of rows is even, and a row has a multiple of 16 bytes. scripts/make-silero.mjs assembles it.
(module
  (memory (export "memory") 15)
  (func (export "multiply")
    (param $matrix i32) (param $vector i32) (param $result i32) (param $rows i32) (param $rowBytes i32)
    (local $next i32) (local $rowEnd i32) (local $column i32)
    (local $values v128) (local $sum v128) (local $nextSum v128)
    (loop $pairs
      (local.set $sum (v128.const f32x4 0 0 0 0))
      (local.set $nextSum (v128.const f32x4 0 0 0 0))
      (local.set $rowEnd (i32.add (local.get $matrix) (local.get $rowBytes)))
      (local.set $next (local.get $rowEnd))
      (local.set $column (local.get $vector))
      (loop $columns
        (local.set $values (v128.load (local.get $column)))
        (local.set $sum
          (f32x4.add (local.get $sum) (f32x4.mul (local.get $values) (v128.load (local.get $matrix)))))
        (local.set $nextSum
          (f32x4.add (local.get $nextSum) (f32x4.mul (local.get $values) (v128.load (local.get $next)))))
        (local.set $column (i32.add (local.get $column) (i32.const 16)))
        (local.set $next (i32.add (local.get $next) (i32.const 16)))
        (local.set $matrix (i32.add (local.get $matrix) (i32.const 16)))
        (br_if $columns (i32.lt_u (local.get $matrix) (local.get $rowEnd))))
      (local.set $matrix (local.get $next))
      (f32.store (local.get $result)
        (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
          (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum)))))
      (f32.store offset=4 (local.get $result)
        (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $nextSum)) (f32x4.extract_lane 1 (local.get $nextSum)))
          (f32.add (f32x4.extract_lane 2 (local.get $nextSum)) (f32x4.extract_lane 3 (local.get $nextSum)))))
      (local.set $result (i32.add (local.get $result) (i32.const 8)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 2)))
      (br_if $pairs (i32.gt_s (local.get $rows) (i32.const 0))))))
