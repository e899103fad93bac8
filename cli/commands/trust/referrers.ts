/** `windlass referrers`: lists the signatures, SBOMs and attestations of an image, and fetches them. */
import { writeFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { printable } from '../../../lib/codec/printable.js'
import { WindlassError } from '../../../lib/errors.js'
import { formatBytes } from '../../../lib/quantities.js'
import { predicateTypeOf, dssePayload } from '../../../lib/referrers/index.js'
import type { ImageReferrer } from '../../../pipelines/artifacts/referrers.js'
import { table } from '../../render/table.js'
import { platformSetting } from '../../setup/flags.js'
import { addLimitFlag } from '../../setup/limit-flag.js'
import { withWindlass } from '../../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings } from '../../setup/settings.js'
import type { Console } from '../../terminal/terminal.js'

interface ReferrersFlags extends Settings {
  readonly platform?: string
  readonly allPlatforms?: boolean
  readonly artifactType?: string
  readonly fetch?: string
  readonly payload?: boolean
  readonly output?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass referrers quay.io/org/app:1
  windlass referrers --json quay.io/org/app:1 | jq '.referrers[].artifactType'
  windlass referrers --fetch sbom quay.io/org/app:1 > sbom.json
  windlass referrers --fetch attestation --output ./dir quay.io/org/app:1

--fetch takes the start of a digest, an artifact type, a predicate type, or one
of: signature, sbom, attestation. Without --output, exactly one content must
match, and goes to stdout. Only digests are verified: “windlass pull
--verify-key” verifies signatures.`

/** Defines the arguments, options and action of `windlass referrers`. */
export function defineReferrers(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .addOption(platformSetting())
    .addOption(
      new Option('--all-platforms', 'also list what belongs to the images of an index').conflicts('platform'),
    )
    .addOption(new Option('--artifact-type <type>', 'list only artifacts of this type'))
    .addOption(new Option('--fetch <digest|type>', 'fetch the content of the artifacts that match'))
    .addOption(new Option('--payload', 'decode the payload of attestations (DSSE)'))
    .addOption(new Option('-o, --output <dir>', 'write each content to a file in this directory'))
  addJsonFlag(command, 'print one JSON object')
  addNetworkFlags(addLimitFlag(command))
  command
    .addHelpText('after', examples)
    .action((image: string) => referrers(image, command.opts<ReferrersFlags>(), terminal))
}

function referrers(name: string, flags: ReferrersFlags, terminal: Console): Promise<void> {
  const { platform, allPlatforms, artifactType, fetch, payload, output, json, ...settings } = flags
  if (fetch === undefined && (payload === true || output !== undefined))
    throw new WindlassError('USAGE', `The option ${payload ? '--payload' : '--output'} requires --fetch`, {
      hint: 'Say what to fetch, as in --fetch sbom.',
    })
  return withWindlass(settings, terminal, [name], async (windlass, signal) => {
    const found = await windlass.artifacts.list(name, {
      ...{ signal, onWarning: (code, message) => terminal.messages.warning(code, message) },
      ...(platform !== undefined && { platform }),
      ...(allPlatforms && { allPlatforms }),
      ...(artifactType !== undefined && { artifactType }),
      ...(fetch !== undefined && { fetch: (referrer) => matches(referrer, fetch) }),
    })
    if (fetch !== undefined) {
      const contents = contentsOf(found.referrers, payload ?? false)
      if (contents.length === 0) throw nothingError(name, fetch, found.referrers)
      if (output !== undefined) await writeFiles(contents, output, terminal)
      else if (contents.length === 1) await terminal.output.write(contents[0]!.bytes)
      else throw severalError(fetch, contents)
    } else if (json) await terminal.output.json(found)
    else if (found.referrers.length > 0) await terminal.output.write(tableOf(found.referrers))
    else terminal.messages.note(`Nothing refers to ${name} (${found.digest}).`)
  })
}

/** Whether an artifact is one that the value of --fetch names. */
function matches(referrer: ImageReferrer, wanted: string): boolean {
  const { digest, artifactType, kind } = referrer
  if ([artifactType, kind, predicateTypeOf(referrer)].includes(wanted)) return true
  return (
    /^(sha(256|512):)?[0-9a-f]{4,}$/.test(wanted) &&
    (digest.startsWith(wanted) || digest.split(':')[1]!.startsWith(wanted))
  )
}

/** The content of one layer of an artifact. */
interface Content {
  readonly file: string
  readonly digest: string
  readonly bytes: Buffer
}

function contentsOf(found: readonly ImageReferrer[], payload: boolean): readonly Content[] {
  return found.flatMap(({ digest, layers, content = [] }) =>
    content.map((bytes, index): Content => {
      const what = `the content of ${digest}`
      const stem = `${digest.replace(':', '-').slice(0, 19)}${content.length > 1 ? `-${index}` : ''}`
      return {
        file: `${stem}${extensionOf(layers[index]?.mediaType ?? '')}`,
        digest,
        bytes: payload ? dssePayload(bytes, what).payload : bytes,
      }
    }),
  )
}

const extensionOf = (mediaType: string): string =>
  /json|spdx|cyclonedx|dsse|in-toto/.test(mediaType) && !/xml/.test(mediaType)
    ? '.json'
    : /xml/.test(mediaType)
      ? '.xml'
      : ''

async function writeFiles(contents: readonly Content[], directory: string, terminal: Console): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const { file, bytes } of contents) {
    const target = path.join(directory, file)
    await writeFile(target, bytes)
    await terminal.output.line(printable(target, 2_000))
  }
}

const tableOf = (found: readonly ImageReferrer[]): string =>
  table(
    ['DIGEST', 'KIND', 'TYPE', 'SIZE', 'OF'],
    found.map((referrer) => [
      referrer.digest.slice(0, 19),
      referrer.kind,
      printable(predicateTypeOf(referrer) ?? referrer.artifactType),
      formatBytes(referrer.size),
      referrer.subject.slice(0, 19),
    ]),
  )

const nothingError = (name: string, wanted: string, found: readonly ImageReferrer[]): WindlassError =>
  new WindlassError(
    'MANIFEST_UNKNOWN',
    `${printable(name)} has no artifact that matches ${printable(wanted)}`,
    {
      hint:
        found.length === 0
          ? 'Nothing refers to the image. Its index or another platform may have what you look for.'
          : `It has: ${[...new Set(found.map(({ kind, artifactType }) => `${kind} (${printable(artifactType)})`))].join(', ')}.`,
    },
  )

const severalError = (wanted: string, contents: readonly Content[]): WindlassError =>
  new WindlassError('USAGE', `${contents.length} contents match ${printable(wanted)}`, {
    hint: `Name one of ${[...new Set(contents.map(({ digest }) => digest.slice(0, 19)))].join(', ')}, or a directory with --output.`,
  })
