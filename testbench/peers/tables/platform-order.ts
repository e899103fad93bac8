/** Results of the peers' tests for the order of preference of platforms. */
import { type Row, type Table, agreeingRows, differingRows } from '../row.js'
import { featuresLast } from './platform-choice.js'

/** The wanted platform, and the platforms of an index in its order. */
export interface Offer {
  readonly wanted: string
  readonly offered: readonly string[]
}

const offer = (wanted: string, offered: string): [string, Offer] => [
  `${wanted} among ${offered}`,
  { wanted, offered: offered.split(' ') },
]

const features: Row<Offer>[] = differingRows<Offer>('platforms', [
  [
    ...offer('linux/amd64', 'windows/amd64 linux/amd64 linux(+other)/amd64 linux/arm64'),
    'linux/amd64',
    'linux/amd64 linux(+other)/amd64',
    featuresLast,
  ],
  [
    ...offer('linux(+none)/amd64', 'windows/amd64 linux/amd64 linux/arm64 linux(+other)/amd64'),
    'linux/amd64',
    'linux/amd64 linux(+other)/amd64',
    featuresLast,
  ],
])

const containerd: Row<Offer>[] = agreeingRows<Offer>('platforms', [
  [
    ...offer('linux(+other)/amd64', 'windows/amd64 linux/amd64 linux/arm64 linux(+other)/amd64'),
    'linux(+other)/amd64 linux/amd64',
  ],
  [
    ...offer('linux(+af+other+zf)/amd64', 'windows/amd64 linux/amd64 linux/arm64 linux(+other)/amd64'),
    'linux(+other)/amd64 linux/amd64',
  ],
  [
    ...offer('linux(+f1+f2)/amd64', 'linux/amd64 linux(+f2)/amd64 linux(+f1)/amd64 linux(+f1+f2)/amd64'),
    'linux(+f1+f2)/amd64 linux(+f2)/amd64 linux(+f1)/amd64 linux/amd64',
  ],
  [
    ...offer(
      'linux(7.2+other)/amd64',
      'linux/amd64 linux(+other)/amd64 linux(7.1)/amd64 linux(7.2+other)/amd64',
    ),
    'linux(+other)/amd64 linux(7.2+other)/amd64 linux/amd64 linux(7.1)/amd64',
  ],
  [
    ...offer(
      'windows(10.0.20348.3091)/amd64',
      'linux/amd64 windows(10.0.20348.3091)/amd64 windows(10.0.26100.2894)/amd64',
    ),
    'windows(10.0.20348.3091)/amd64',
  ],
  [
    ...offer(
      'windows(10.0.26100.2894)/amd64',
      'linux/amd64 windows(10.0.20348.3091)/amd64 windows(10.0.26100.2894)/amd64',
    ),
    'windows(10.0.26100.2894)/amd64 windows(10.0.20348.3091)/amd64',
  ],
  [
    ...offer(
      'windows(10.0.26100.2894)/amd64',
      'linux/amd64 windows(10.0.20348.3091)/amd64 windows(10.0.26100.3000)/amd64',
    ),
    'windows(10.0.26100.3000)/amd64 windows(10.0.20348.3091)/amd64',
  ],
])

const variants = 'linux/amd64 linux/arm/v6 linux/arm/known linux/arm'

const libs: Row<Offer>[] = [
  ...agreeingRows<Offer>('container-libs', [
    [...offer('linux/amd64', variants), 'linux/amd64'],
    [...offer('linux/arm/known', variants), 'linux/arm/known'],
    [...offer('linux/unmatched', variants), ''],
  ]),
  ...differingRows<Offer>('container-libs', [
    [
      ...offer('linux/arm/v7', variants),
      'linux/arm/v6 linux/arm',
      'linux/arm linux/arm/v6',
      'As in containerd, arm without a variant is v7, the platform itself.',
    ],
    [
      ...offer('linux/arm/v6', variants),
      'linux/arm/v6 linux/arm',
      'linux/arm/v6',
      'As in containerd, arm without a variant is v7, which v6 does not run.',
    ],
    [
      ...offer('linux/arm/v5', variants),
      'linux/arm',
      '',
      'As in containerd, arm without a variant is v7, which v5 does not run.',
    ],
    [
      ...offer('linux/arm/unknown', variants),
      'linux/arm',
      '',
      'As in containerd, a variant that nobody knows falls back to nothing.',
    ],
  ]),
]

const regclient: Row<Offer>[] = agreeingRows<Offer>('regclient', [
  [...offer('linux/arm/v6', 'linux/arm/v5 linux/arm/v7'), 'linux/arm/v5'],
  [...offer('linux/arm/v7', 'linux/arm/v6 linux/arm/v5'), 'linux/arm/v6 linux/arm/v5'],
  [...offer('linux/amd64/v3', 'linux/amd64 linux/amd64/v2'), 'linux/amd64/v2 linux/amd64'],
  [...offer('linux/amd64', 'linux/amd64/v1 linux/amd64/v2'), 'linux/amd64/v1'],
  [
    ...offer(
      'windows(10.0.17763.2114)/amd64',
      'windows(10.0.17763.1224)/amd64 windows(10.0.17763.2114)/amd64',
    ),
    'windows(10.0.17763.2114)/amd64 windows(10.0.17763.1224)/amd64',
  ],
])

export const platformOrder: Table<Offer> = {
  title: 'Platforms in order of choice',
  about: 'The input is the platform wanted and what an index offers; the meaning is what fits, best first.',
  rows: [...features, ...containerd, ...libs, ...regclient],
}
