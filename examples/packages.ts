/**
 * Lists the packages of an image as CycloneDX JSON, out of the databases of dpkg and apk, while the image is unpacked.
 *
 *     npx tsx examples/packages.ts [IMAGE]      (no image: one from an embedded registry)
 */
import { text } from 'node:stream/consumers'
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { open } from 'windlass'
import type { LayerEntrySink } from 'windlass/stages'
import { anImage } from './an-image.js'

/** Where the databases are, and what their fields are called. A blank line ends a package. */
const apk = { type: 'apk', name: 'P', version: 'V', wanted: /^P:/m }
const dpkg = { type: 'deb', name: 'Package', version: 'Version', wanted: /^Status: .* installed$/m }
const databases: Record<string, typeof apk> = {
  'var/lib/dpkg/status': dpkg,
  'lib/apk/db/installed': apk,
  'usr/lib/apk/db/installed': apk,
}
/** The databases of each layer. A layer that begins anew forgets what it said. */
const layers = new Map<string, { attempt: number; at: number; found: Map<string, string> }>()

const onEntry: LayerEntrySink = async (entry, { layer: { descriptor, positions, attempt } }) => {
  if (layers.get(descriptor.digest)?.attempt !== attempt)
    layers.set(descriptor.digest, { attempt, at: Math.max(...positions), found: new Map() })
  if (entry.type === 'file' && entry.name in databases)
    layers.get(descriptor.digest)!.found.set(entry.name, await text(entry.content))
}

const {
  name: reference,
  store,
  close,
} = await anImage(process.argv[2], [
  {
    entries: [
      { path: 'var/lib/dpkg/status', content: 'Package: bash\nStatus: install ok installed\nVersion: 5.2\n' },
    ],
  },
  { entries: [{ path: 'lib/apk/db/installed', content: 'P:musl\nV:1.2.5-r0\n\nP:zlib\nV:1.3.1-r1\n\n' }] },
])
const windlass = await open({ store })
await windlass.pull(reference, { onEntry }).done

const upwards = [...layers.values()].sort((a, b) => a.at - b.at)
const bom = new Models.Bom()
for (const [path, content] of new Map(upwards.flatMap(({ found }) => [...found]))) {
  const { type, name, version, wanted } = databases[path]!
  for (const each of content.split('\n\n').filter((of) => wanted.test(of))) {
    const [title, release] = [name, version].map((key) => new RegExp(`^${key}: ?(.+)$`, 'm').exec(each)?.[1])
    const purl = `pkg:${type}/${title}@${release}`
    const about = { version: release!, purl, bomRef: purl }
    bom.components.add(new Models.Component(Enums.ComponentType.Library, title!, about))
  }
}
const normalize = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)
console.log(new Serialize.JsonSerializer(normalize).serialize(bom, { sortLists: true, space: 2 }))
await windlass.close()
await close()
