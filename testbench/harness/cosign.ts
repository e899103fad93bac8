/** Runs cosign of Debian testing, without any service: no log, no certificate authority. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downloadedTools } from './components.js'
import { runTool } from './run-tool.js'

/** Keys and settings of one signer. */
export interface CosignSigner {
  /** Path of the public key. */
  readonly publicKey: string
  /** Signs an image by its digest, as cosign 3 does, or in the form of its older versions. */
  sign(image: string, form?: 'bundle' | 'simple-signing'): Promise<void>
  /** Attaches a signed attestation of an SPDX document. */
  attest(image: string, predicate: string): Promise<void>
  /** Verifies the signature of an image with the public key. Rejects if it does not count. */
  verify(image: string): Promise<void>
  /** Removes the keys. */
  close(): Promise<void>
}

const cosign = (): string => {
  const downloaded = join(downloadedTools, 'cosign')
  return existsSync(downloaded) ? downloaded : 'cosign'
}

/** Creates a key pair. */
export async function cosignSigner(): Promise<CosignSigner> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-cosign-'))
  const env = { COSIGN_PASSWORD: '', HOME: directory }
  const run = (...args: readonly string[]): Promise<Buffer> =>
    runTool(cosign(), args, { cwd: directory, env })
  await run('generate-key-pair')
  // No log, no timestamp authority.
  const config = join(directory, 'signing-config.json')
  const mediaType = 'application/vnd.dev.sigstore.signingconfig.v0.2+json'
  await writeFile(config, JSON.stringify({ mediaType, rekorTlogConfig: {}, tsaConfig: {} }))
  const common = ['--yes', '--key', 'cosign.key', '--allow-http-registry']
  const withoutServices = ['--signing-config', config]
  return {
    publicKey: join(directory, 'cosign.pub'),
    async sign(image, form = 'bundle') {
      const older = ['--use-signing-config=false', '--new-bundle-format=false', '--tlog-upload=false']
      await run('sign', ...common, ...(form === 'bundle' ? withoutServices : older), image)
    },
    async attest(image, predicate) {
      await run(
        'attest',
        ...common,
        ...withoutServices,
        '--type',
        'spdxjson',
        '--predicate',
        predicate,
        image,
      )
    },
    async verify(image) {
      const flags = ['--key', 'cosign.pub', '--allow-http-registry', '--insecure-ignore-tlog=true']
      await run('verify', ...flags, image)
    },
    close: () => rm(directory, { recursive: true }),
  }
}
