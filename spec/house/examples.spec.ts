/** Runs every example as a user would: as a program of its own, against the built package. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What each program must print. */
const says: Record<string, readonly RegExp[]> = {
  'all-platforms.ts': [/linux\/s390x\): done$/m, /^3 platforms of sha256:/m],
  'bench.ts': [
    /^3 × 1: \d\.\d\d s$/m,
    /^Recommended: --max-downloads [13] --max-unpacks 1\. It /m,
    /^sha256:/m,
  ],
  'copy-changed.ts': [/^round 1: 3 copied$/m, /:2: 2 blobs sent, 1 there$/m, /^round 2: 1 copied$/m],
  'count-files.ts': [/^[0-9a-f]{12}: 21 files$/m, /\/examples\/one:1: 3 layers$/m],
  'many-sinks.ts': [
    /^(?:[0-9a-f]{12} sent, sha512 [0-9a-f]{12}\n){2}2 layers stored and unpacked, 2 files scanned$/m,
    /mirror\/app:1: 1 blob sent, 2 there$/m,
  ],
  'mirror-list.ts': [
    /mirror\/app:1@sha256:[0-9a-f]+: [23] blobs sent, [01] there$/m,
    /^failed: .*:missing: .*missing/m,
  ],
  'mount.ts': [/^app 7$/m, /^(?:overlay|reflink|link|copy), mounted$/m, /^0 mounts left$/m],
  'one-file.ts': [
    /^\/app\/7\.txt, 6 bytes, not verified\napp 7\nrequests: 1 for layers$/m,
    /^9 \/tools\/10\.txt$/m,
  ],
  'own-line.ts': [/\/examples\/one:1: 3 layers, newer$/m],
  'packages.ts': [
    /"bomFormat": "CycloneDX"/,
    /"purl": "pkg:deb\/bash@5\.2"/,
    /"purl": "pkg:apk\/musl@1\.2\.5-r0"/,
    /"purl": "pkg:apk\/zlib@1\.3\.1-r1"/,
  ],
  'plan.ts': [
    /^.*\/one:1: \d+ bytes in 5 requests, 0 layers reused$/m,
    /^.*\/two:1: 0 bytes in 1 requests, 3 layers reused\npulled as planned$/m,
  ],
  'policy.ts': [/^refused: The stage "not-as-root" failed: the image runs as root$/m],
  'progress.ts': [/complete \d+\/\d+/, /^ended: done$/m],
  'recompress.ts': [/\/mirror\/app:1: 2 layers compressed anew, 2 verified$/m],
  'retry-failed.ts': [/^failed: .*missing/m, /^2 pulled, 1 failed, \d+ bytes downloaded$/m],
  'server-sent-events.ts': [
    /^an early watcher: \d+ events/m,
    /^a late watcher: /m,
    /^one that reconnected: 1 event$/m,
  ],
  'shared-layers.ts': [/share 3 layers$/m, /^layer requests: 3$/m],
  'signed-images.ts': [/^SIGNATURE_MISSING: Refused .*: it is not signed/m, /^1 requests? for blobs$/m],
  'stage-under-test.ts': [/^(?:#|ℹ) pass 8$/m, /^(?:#|ℹ) fail 0$/m],
  'telemetry.ts': [
    /^deploy \d+ ms\n {2}pull \d+ ms$/m,
    /^ {4}resolve \d+ ms$/m,
    /^ {6}unpack \d+ ms$/m,
    /^ {6}GET \d+ ms$/m,
  ],
}

describe('the examples', () => {
  it('are all run here', () => {
    const programs = readdirSync(new URL('../../examples', import.meta.url)).filter(
      (file) => file !== 'an-image.ts',
    )
    expect(programs.sort()).toEqual(Object.keys(says).sort())
  })

  it.each(Object.entries(says))('%s', async (program, expected) => {
    const { stdout } = await promisify(execFile)('npx', ['tsx', `examples/${program}`], { cwd: root })
    for (const line of expected) expect(stdout).toMatch(line)
  })
})
