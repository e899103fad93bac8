/** A root of Debian testing with the newest peers in it, made once by mmdebstrap and kept in the temporary directory. */
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../../testbench/harness/run-tool.js'

const packages = [
  ...['skopeo', 'podman', 'containerd', 'crane', 'oras', 'umoci', 'docker.io', 'docker-cli'],
  ...['ca-certificates', 'iptables', 'crun', 'runc', 'netavark', 'isal', 'curl', 'tar', 'time'],
]

/** Where this machine gets its packages from. */
async function mirror(): Promise<string> {
  const targets = ['indextargets', '--format', '$(ORIGIN) $(COMPONENT) $(SITE)', 'Created-By: Packages']
  const listed = (await runTool('apt-get', targets)).toString()
  const [, site] = /^Debian main (\S+)$/m.exec(listed) ?? []
  if (site === undefined) throw new Error('apt knows no mirror of Debian: the peers cannot be installed')
  return site
}

/** The root's directory. @throws Error where it cannot be made: no root, no mmdebstrap, no mirror */
export async function peersRoot(suite = 'testing'): Promise<string> {
  const ready = join(tmpdir(), `windlass-peers-${suite}`)
  if (existsSync(ready)) return ready
  const staging = await mkdtemp(join(tmpdir(), 'windlass-peers-new-'))
  const root = join(staging, 'root')
  try {
    const site = await mirror()
    // The date alone: a mirror may be a snapshot that is no longer renewed. Signatures are checked as ever.
    const lenient = '--aptopt=Acquire::Check-Valid-Until "false"'
    const include = `--include=${packages.join(',')}`
    await runTool('mmdebstrap', ['--variant=minbase', lenient, include, suite, root, site])
    await rename(root, ready)
    return ready
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
