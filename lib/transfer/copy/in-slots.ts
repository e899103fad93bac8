/** Works on several items at the same time. */

/**
 * Runs `work` for each item, `slots` at a time, and returns the results in the order of the items. After a failure,
 * no more work is started, and the work in progress is awaited.
 * @throws the first error of `work`
 */
export async function inSlots<In, Out>(
  items: readonly In[],
  slots: number,
  work: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = []
  const queue = items.entries()
  const failures: unknown[] = []
  const serve = async (): Promise<void> => {
    for (const [at, item] of queue) {
      if (failures.length > 0) return
      try {
        results[at] = await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: slots }, serve))
  if (failures.length > 0) throw failures[0]
  return results
}
