/** Whether a count is 1, 10, 100, …. Frequent events are logged only at these counts, to keep the log short. */
export function isPowerOfTen(count: number): boolean {
  let rest = count;
  while (rest >= 10 && rest % 10 === 0) rest /= 10;
  return rest === 1;
}
