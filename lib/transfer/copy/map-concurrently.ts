/** Provides `mapConcurrently`, `Promise.all` with a limited concurrency. */

/**
 * Calls `work` for each item, for at most `slots` items concurrently. Returns the results in the order of the items.
 * After a failure, starts no further work and waits for the work in progress.
 * @throws the first error of `work`
 */
export async function mapConcurrently<In, Out>(
  items: readonly In[],
  slots: number,
  work: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = []
  const queue = items.entries()
  const failures: unknown[] = []
  const serve = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return
      try {
        results[index] = await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: slots }, serve))
  if (failures.length > 0) throw failures[0]
  return results
}
