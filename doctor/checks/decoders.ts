/** Checks which libraries decompress layers. */
import { type Decoders, decoders } from '../decoders.js'
import type { Check } from '../examination.js'
import { type Finding, findingsOf } from '../finding.js'

const finding = findingsOf('decoders')

/** Returns the check for given decoders. */
export const checkDecodersWith =
  (find: () => Decoders): Check =>
  ({ env }) => {
    const { gzip, zstd } = find()
    return [gzipFinding(gzip, env['WINDLASS_ISAL'] === '0'), zstdFinding(zstd, env['WINDLASS_ZSTD'] === '0')]
  }

function gzipFinding(gzip: Decoders['gzip'], isDisabled: boolean): Finding {
  if (gzip === 'ISA-L') return finding('ok', 'gzip is decompressed by ISA-L.')
  return finding(
    'note',
    'gzip is decompressed by Node.js, which takes 1.6 to 5 times as long as ISA-L.',
    isDisabled
      ? 'Unset WINDLASS_ISAL.'
      : 'Install libisal2 (Debian, Ubuntu) or isa-l (Fedora), on 64-bit Linux.',
  )
}

function zstdFinding(zstd: Decoders['zstd'], isDisabled: boolean): Finding {
  if (zstd === 'libzstd') return finding('ok', 'zstd is decompressed by libzstd.')
  const advice = isDisabled
    ? 'Unset WINDLASS_ZSTD.'
    : 'Install libzstd1 (Debian, Ubuntu) or libzstd (Fedora).'
  if (zstd === 'zlib') return finding('note', 'zstd is decompressed by Node.js.', advice)
  return finding(
    'note',
    'zstd is decompressed in JavaScript, slowly and with windows of at most 32 MiB.',
    `${advice} Node.js 22.15 or later has a faster decoder too.`,
  )
}

/** Checks which libraries decompress layers. */
export const checkDecoders: Check = checkDecodersWith(decoders)
