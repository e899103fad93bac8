/** Parses, formats and normalises platforms (containerd/platforms). */
import { WindlassError } from '../../errors.js'
import { hostPlatform } from './host-platform.js'
import { type Platform, PlatformCodec } from './platform-codec.js'
import { normalizeArchitecture, normalizeOs } from './normalize-platform.js'
import { printable, quoted } from '../../codec/printable.js'

export { hostPlatform, type Platform, PlatformCodec }

const knownOs = new Set(
  (
    'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris ' +
    'windows zos'
  ).split(' '),
)
const knownArchitectures = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le ' +
    'mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
)

/** An `os`, optionally followed by a version and features in parentheses. Each feature starts with `+`. */
const osPattern = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/
const partPattern = /^[A-Za-z0-9_.-]+$/

function makePlatform(
  os: string,
  architecture: string,
  variant: string,
  version = '',
  features: readonly string[] = [],
): Platform {
  return {
    os,
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(version === '' ? {} : { 'os.version': version }),
    ...(features.length === 0 ? {} : { 'os.features': features }),
  }
}

function invalidPlatformError(text: string, problem: string): WindlassError {
  return new WindlassError('PLATFORM_INVALID', `${quoted(text)} is not a platform: ${problem}`, {
    hint: 'A platform is OS/ARCH or OS/ARCH/VARIANT, such as linux/amd64 or linux/arm/v7.',
  })
}

/**
 * Parses a platform specifier: `linux/arm64/v8`, `linux/amd64`, `windows(10.0.17763+win32k)/amd64`, or only an
 * operating system or an architecture (`linux`, `arm64`), which is completed from this host. Aliases are resolved
 * (`x86_64`). An explicit `v8` of arm64 is kept, as containerd does.
 * @throws PLATFORM_INVALID if `text` is not a platform
 */
export function parsePlatform(text: string): Platform {
  const [first = '', ...rest] = text.split('/')
  const match = osPattern.exec(first)
  if (match === null) throw invalidPlatformError(text, `${quoted(first)} is not an operating system`)
  for (const part of rest)
    if (!partPattern.test(part))
      throw invalidPlatformError(text, `${quoted(part)} is not an architecture or a variant`)

  const [, osName = '', version = '', features = ''] = match
  const decodeOption = (option: string): string => {
    try {
      return decodeURIComponent(option)
    } catch {
      throw invalidPlatformError(text, `${quoted(option)} is not percent-encoded`)
    }
  }
  const os = normalizeOs(osName)
  const platformWithOs = (architecture: string, variant: string): Platform =>
    makePlatform(
      os,
      architecture,
      variant,
      decodeOption(version),
      features.split('+').slice(1).map(decodeOption),
    )

  const [architecture, variant, ...tooMany] = rest
  if (tooMany.length > 0) throw invalidPlatformError(text, 'it has more than three parts')
  if (architecture === undefined) {
    const host = hostPlatform()
    if (knownOs.has(os)) return platformWithOs(host.architecture, host.variant ?? '')
    const normalized = normalizeArchitecture(first, '')
    if (knownArchitectures.has(normalized.architecture))
      return makePlatform(host.os, normalized.architecture, dropDefaultVariant(normalized))
    throw invalidPlatformError(text, 'it is neither a known operating system nor a known architecture')
  }
  const normal = normalizeArchitecture(architecture, variant ?? '')
  if (variant === undefined) return platformWithOs(normal.architecture, dropDefaultVariant(normal))
  const keptVariant = normal.architecture === 'arm64' && normal.variant === '' ? 'v8' : normal.variant
  return platformWithOs(normal.architecture, keptVariant)
}

/** Returns the variant, without the default v7 of arm: most arm images have no variant and mean v7. */
const dropDefaultVariant = ({ architecture, variant }: { architecture: string; variant: string }): string =>
  architecture === 'arm' && variant === 'v7' ? '' : variant

/** Percent-encodes the characters that have a meaning in a specifier. */
const encodeOption = (option: string): string =>
  option.replace(/[%+()/]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * Returns `os/arch[/variant]`, with the version and features of the operating system in parentheses. The result is safe
 * to print, even if the platform comes from an untrusted document.
 */
export function formatPlatform(platform: Platform): string {
  if (platform.os === '') return 'unknown'
  const features = [...new Set(platform['os.features'])].filter((one) => one !== '').sort()
  const version = platform['os.version'] ?? ''
  const options = encodeOption(version) + features.map((one) => `+${encodeOption(one)}`).join('')
  const os = options === '' ? platform.os : `${platform.os}(${options})`
  return printable([os, platform.architecture, platform.variant].filter((part) => part).join('/'))
}

/**
 * Returns the canonical form, by which platforms are compared: lower case, `x86_64` → `amd64`, `aarch64` → `arm64`,
 * `armhf` → `arm/v7`, `arm` → `arm/v7`, `arm64/v8` → `arm64`, `amd64/v1` → `amd64`, features sorted.
 */
export function normalizePlatform(platform: Platform): Platform {
  const { architecture, variant } = normalizeArchitecture(platform.architecture, platform.variant ?? '')
  const features = [...new Set(platform['os.features'])].sort()
  return makePlatform(normalizeOs(platform.os), architecture, variant, platform['os.version'], features)
}
