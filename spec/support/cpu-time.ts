/** How long work takes by the clock of its own process: a machine that is busy with others does not change it. */

/** Milliseconds that this process has computed since `mark` was made. */
export const cpuTimeSince = (mark: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(mark)
  return (user + system) / 1_000
}
