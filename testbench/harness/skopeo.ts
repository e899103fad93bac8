/** Runs skopeo against the test servers and on images that Windlass stored. */
import type { Distribution } from './distribution.js'
import { runTool } from './run-tool.js'

/** Returns the stdout of skopeo. The signature policy of the machine is not used. */
export async function skopeo(args: readonly string[]): Promise<string> {
  return (await runTool('skopeo', ['--insecure-policy', ...args])).toString()
}

/** Returns the options with which skopeo pushes to `registry`. */
export const pushOptions = ({ credentials }: Distribution): string[] => [
  '--dest-tls-verify=false',
  ...(credentials === undefined ? [] : ['--dest-creds', `${credentials.username}:${credentials.password}`]),
]
