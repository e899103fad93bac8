/** Runs skopeo: against the test servers, and on what Windlass stored. */
import type { Distribution } from './distribution.js'
import { runTool } from './run-tool.js'

/** What skopeo wrote to stdout; no signature policy of the machine is asked. */
export async function skopeo(args: readonly string[]): Promise<string> {
  return (await runTool('skopeo', ['--insecure-policy', ...args])).toString()
}

/** Options that let skopeo push to `registry`. */
export const pushOptions = ({ credentials }: Distribution): string[] => [
  '--dest-tls-verify=false',
  ...(credentials === undefined ? [] : ['--dest-creds', `${credentials.username}:${credentials.password}`]),
]
