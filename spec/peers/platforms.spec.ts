import { digestOf } from '../../lib/image/digest/digest.js'
import { armVariant } from '../../lib/image/platform/host-platform.js'
import { matchPlatform } from '../../lib/image/documents/match-platform.js'
import { mediaTypes } from '../../lib/image/documents/media-types.js'
import { formatPlatform, parsePlatform } from '../../lib/image/platform/platform.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { armVariants } from '../../testbench/peers/tables/arm-variants.js'
import { platformChoice } from '../../testbench/peers/tables/platform-choice.js'
import { platformOrder } from '../../testbench/peers/tables/platform-order.js'
import { platforms } from '../../testbench/peers/tables/platforms.js'

const system = /^(?:linux|windows|darwin|macos)(?:\(|$)/i

/** The platform as it is printed, with `HOST` for what the text does not say. */
function printed(text: string): string {
  const platform = parsePlatform(text)
  if (text.includes('/')) return formatPlatform(platform)
  return system.test(text)
    ? formatPlatform({ ...platform, architecture: 'HOST', variant: '' })
    : formatPlatform({ ...platform, os: 'HOST' })
}

const offeredBy = (platform: string) => ({
  mediaType: mediaTypes.ociManifest,
  digest: digestOf(Buffer.from(platform)),
  size: 1,
  platform: parsePlatform(platform),
})

checkTable(platforms, printed)

checkTable(platformChoice, ([wanted, offered]) =>
  matchPlatform(parsePlatform(wanted), [offeredBy(offered)]).length === 1 ? 'fits' : 'does not fit',
)

checkTable(platformOrder, ({ wanted, offered }) =>
  matchPlatform(
    parsePlatform(wanted),
    offered.map((platform, n) => ({ ...offeredBy(platform), n })),
  )
    .map(({ n }) => offered[n])
    .join(' '),
)

checkTable(armVariants, (machine) => armVariant(machine) ?? 'none')
