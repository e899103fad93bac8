/** Results of the peers' tests for matching platforms. */
import { type Row, type Table, agreeingRows, differingRows } from '../row.js'
import type { Peer } from '../peer.js'

/** A wanted platform, and one that an index offers, both as users write them. */
export type Pair = readonly [wanted: string, offered: string]

const fits = 'fits'
const not = 'does not fit'

const shown = ([wanted, offered]: Pair): string => `${offered} for ${wanted}`

/** One row per offered platform: those of `fit` match `wanted`, those of `unfit` do not. */
const pairs = (peer: Peer, wanted: string, fit: string, unfit: string): Row<Pair>[] =>
  [
    [fit, fits],
    [unfit, not],
  ].flatMap(([offered = '', meaning = '']) =>
    agreeingRows<Pair>(
      peer,
      offered
        .split(' ')
        .filter((one) => one !== '')
        .map((one) => [shown([wanted, one]), [wanted, one], meaning] as const),
    ),
  )

const differing = (peer: Peer, rows: readonly (readonly [Pair, string, string, string])[]): Row<Pair>[] =>
  differingRows(
    peer,
    rows.map(([pair, ...rest]) => [shown(pair), pair, ...rest] as const),
  )

const arm = 'linux/arm linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm/v8'
const foreign = 'linux/amd64 linux/arm/v4 windows/amd64 windows/arm'
const v8 = (to: number): string => Array.from({ length: to }, (_, n) => `linux/arm64/v8.${n + 1}`).join(' ')
const v9 = (to: number): string => Array.from({ length: to + 1 }, (_, n) => `linux/arm64/v9.${n}`).join(' ')

const containerd: Row<Pair>[] = [
  ...pairs('platforms', 'linux/amd64', 'linux/amd64 linux/386', 'linux/amd64/v2 linux/arm/v7 linux/arm64'),
  ...pairs('platforms', 'linux/amd64', '', 'windows/amd64 windows/arm'),
  ...pairs(
    'platforms',
    'linux/amd64/v2',
    'linux/amd64 linux/amd64/v1 linux/amd64/v2 linux/386',
    'linux/amd64/v3 linux/amd64/v4 linux/arm/v7 linux/arm64 windows/amd64 windows/arm',
  ),
  ...pairs(
    'platforms',
    'linux/386',
    'linux/386',
    'linux/amd64 linux/arm/v7 linux/arm64 windows/amd64 windows/arm',
  ),
  ...pairs(
    'platforms',
    'windows/amd64',
    'windows/amd64 windows(10.0.17763)/amd64',
    'linux/amd64 linux/arm/v7 linux/arm64 windows/arm',
  ),
  ...pairs('platforms', 'linux/arm/v8', arm, `${foreign} linux/arm64`),
  ...pairs(
    'platforms',
    'linux/arm/v7',
    'linux/arm linux/arm/v5 linux/arm/v6 linux/arm/v7',
    `${foreign} linux/arm/v8 linux/arm64`,
  ),
  ...pairs(
    'platforms',
    'linux/arm/v6',
    'linux/arm/v5 linux/arm/v6',
    `${foreign} linux/arm linux/arm/v7 linux/arm/v8 linux/arm64`,
  ),
  ...pairs(
    'platforms',
    'linux/arm/v5',
    'linux/arm/v5',
    `${foreign} linux/arm linux/arm/v6 linux/arm/v7 linux/arm64`,
  ),
  ...pairs('platforms', 'linux/arm/v4', 'linux/arm/v4', 'linux/arm linux/arm/v5 linux/arm/v6 linux/arm64'),
  ...pairs(
    'platforms',
    'linux/arm64/v9.6',
    `${arm} linux/arm64 linux/arm64/v8 ${v8(9)} linux/arm64/v9 ${v9(6)}`,
    `${foreign} linux/arm64/v8.10`,
  ),
  ...pairs(
    'platforms',
    'linux/arm64/v9',
    `${arm} linux/arm64 linux/arm64/v8 ${v8(5)} linux/arm64/v9 linux/arm64/v9.0`,
    `${foreign} linux/arm64/v8.6`,
  ),
  ...pairs(
    'platforms',
    'linux/arm64/v8.1',
    `${arm} linux/arm64 linux/arm64/v8 linux/arm64/v8.1`,
    `${foreign} linux/arm/v9 linux/arm64/v9`,
  ),
  ...pairs(
    'platforms',
    'linux/arm64',
    `${arm} linux/arm64 linux/arm64/v8`,
    `${foreign} linux/arm/v9 linux/arm64/v9`,
  ),
]

/** Rows for a Windows host build: images of the builds `fit` run on it, those of `unfit` do not. */
const windows = (host: number, fit: readonly number[], unfit: readonly number[]): Row<Pair>[] => {
  const image = (build: number): string => `windows(10.0.${build})/amd64`
  return pairs('platforms', image(host), fit.map(image).join(' '), unfit.map(image).join(' '))
}

const windowsBuilds: Row<Pair>[] = [
  ...windows(17763, [17763], [20348]),
  ...windows(20348, [20348], [17763, 22621, 26100]),
  ...windows(22621, [20348], [17763]),
  ...windows(25398, [20348], [17763]),
  ...windows(26100, [20348, 22621], []),
]

/** Reason why an image that requires a feature is chosen although the feature was not requested. */
export const featuresLast =
  'Nothing says what a feature of a system other than Windows asks for: the image is taken where nothing fits better, as skopeo, crane, podman, containerd 2.1 and oras take it.'

const asContainerd = 'containerd and Docker have it so: '

const ggcr: Row<Pair>[] = [
  ...pairs('ggcr', 'linux/amd64', 'linux/amd64', 'linux/arm64 darwin/amd64'),
  ...pairs('ggcr', 'linux/amd64/pios', 'linux/amd64/pios', ''),
  ...pairs('ggcr', 'linux/amd64/ubuntu', '', 'linux/amd64/pios'),
  ...pairs('ggcr', 'linux(+a+b)/amd64', 'linux(+a+b)/amd64 linux(+b+a)/amd64', ''),
  ...pairs('ggcr', 'linux/amd64', 'linux(5.0)/amd64 linux(+a+b)/amd64', ''),
  ...differing('ggcr', [
    [
      ['linux(3.6)/amd64', 'linux(5.0)/amd64'],
      not,
      fits,
      `${asContainerd}the version of a system counts on Windows alone.`,
    ],
    [
      ['linux/amd64', 'linux/amd64/pios'],
      fits,
      not,
      `${asContainerd}an image for a variant need not run where another or none was asked for.`,
    ],
    [
      ['linux(+a+b)/amd64', 'linux/amd64'],
      not,
      fits,
      `${asContainerd}features are what the image needs, not what it has to offer.`,
    ],
  ]),
]

const oras: Row<Pair>[] = [
  ...pairs('oras-go', 'linux/amd64', 'linux/amd64', 'linux/arm64'),
  ...pairs('oras-go', 'linux/arm', 'linux/arm/v7 linux(+a)/arm', ''),
  ...pairs('oras-go', 'linux/arm/v7', 'linux/arm/v7', ''),
  ...pairs('oras-go', 'windows/amd64', 'windows(10.0.20348.768)/amd64', ''),
  ...pairs('oras-go', 'windows(10.0.20348.768)/amd64', 'windows(10.0.20348.768)/amd64', ''),
  ...pairs('oras-go', 'linux(+a+b)/arm', 'linux(+a+b)/arm', ''),
  ...pairs('oras-go', 'linux(+d+c+a+b)/arm', 'linux(+a+d+c+b)/arm', ''),
  ...differing('oras-go', [
    [['LINUX/amd64', 'linux/amd64'], not, fits, 'Names of systems count in any case, as in containerd.'],
    [
      ['linux/arm/v7', 'linux/arm'],
      not,
      fits,
      `${asContainerd}an image for arm without a variant is one for v7.`,
    ],
    [
      ['windows(10.0.20348.700)/amd64', 'windows(10.0.20348.768)/amd64'],
      not,
      fits,
      `${asContainerd}images of one build run on every revision of it.`,
    ],
    [
      ['windows(10.0.20348.768)/amd64', 'windows/amd64'],
      not,
      fits,
      `${asContainerd}an image that names no version may run.`,
    ],
    [['linux(+a)/arm', 'linux/arm'], not, fits, `${asContainerd}features are what the image needs.`],
    [['linux(+a+c)/arm', 'linux(+a+d)/arm'], not, fits, featuresLast],
  ]),
]

const otherSystem =
  'On macOS and Windows the default is what containers there run; a platform that is asked for is meant.'

const regclient: Row<Pair>[] = [
  ...pairs(
    'regclient',
    'linux/amd64',
    'linux/amd64',
    'linux/arm64 linux/amd64/v2 darwin/amd64 freebsd/amd64',
  ),
  ...pairs('regclient', 'linux/arm64', 'linux/arm64/v8', ''),
  ...pairs('regclient', 'linux/arm/v6', '', 'linux/arm/v7'),
  ...pairs('regclient', 'linux/arm/v7', 'linux/arm/v5', ''),
  ...pairs('regclient', 'linux/amd64/v3', 'linux/amd64/v2 linux/amd64', ''),
  ...pairs('regclient', 'windows(10.0.17763.2114)/amd64', 'windows(10.0.17763.2114)/amd64', ''),
  ...pairs('regclient', 'windows(10.0.17763.2014)/amd64', 'windows(10.0.17763.2114)/amd64', ''),
  ...pairs('regclient', 'windows(10.0.14393.4583)/amd64', '', 'windows(10.0.17763.2114)/amd64'),
  ...pairs('regclient', 'freebsd/amd64', '', 'linux/amd64'),
  ...pairs('regclient', 'freebsd/amd64/v2', 'freebsd/amd64/v2', ''),
  ...pairs('regclient', 'other/amd64/42', 'other/amd64/42', 'other/amd64/45'),
  ...differing('regclient', [
    [['darwin/amd64/v2', 'linux/amd64'], fits, not, otherSystem],
    [['windows/amd64', 'linux/amd64'], fits, not, otherSystem],
  ]),
]

const libs: Row<Pair>[] = [
  ...pairs('container-libs', 'linux/arm/v6', 'linux/arm/v6 linux/arm/v5', ''),
  ...pairs('container-libs', 'linux/arm', 'linux/arm linux/arm/v7 linux/arm/v6 linux/arm/v5', ''),
  ...pairs('container-libs', 'linux/arm64', 'linux/arm64 linux/arm64/v8', ''),
  ...pairs('container-libs', 'linux/amd64', 'linux/amd64', ''),
  ...pairs('container-libs', 'freeBSD/armel/custom', 'freeBSD/armel/custom freeBSD/armel', ''),
  ...differing('container-libs', [
    [
      ['linux/arm/v6', 'linux/arm'],
      fits,
      not,
      `${asContainerd}an image for arm without a variant is one for v7.`,
    ],
    [
      ['linux/arm', 'linux/arm/v8'],
      fits,
      not,
      `${asContainerd}who asks for arm has v7, and v8 need not run there.`,
    ],
  ]),
]

export const platformChoice: Table<Pair> = {
  title: 'Platforms that fit',
  about:
    'The input is a platform that an index offers and one that is wanted; the meaning is whether the one is chosen for the ' +
    'other. Of containerd, the rule `Only` is compared, by which it pulls; each pair of its tables is a row.',
  rows: [...containerd, ...windowsBuilds, ...ggcr, ...oras, ...regclient, ...libs],
}
