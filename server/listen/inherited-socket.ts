/** Finds the socket that systemd passes to a service with socket activation (sd_listen_fds(3)). */

/** File descriptor of the first passed socket. */
const firstDescriptor = 3

/** Returns the file descriptor of the passed socket; undefined if there is none for this process. */
export function inheritedSocket(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_PID: forPid, LISTEN_FDS: count } = env
  return forPid === String(pid) && Number(count) >= 1 ? firstDescriptor : undefined
}
