/** Runs a part of a spec without the rights of root. */

const nobody = 65_534

/** Runs `work` as a user who is not root. If this process is not root, runs it as it is. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}
