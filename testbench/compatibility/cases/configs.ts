/** Cases of configs that tools have written. */
import { casesOf } from '../case.js'
import type { ImageParts } from '../case-host.js'

const document = casesOf('documents')

const absent = 'null says as much as a field that is absent'
const unneeded = 'nothing that is pulled depends on the field'

const config = (id: string, what: string, why: string, parts: ImageParts, warns = false) =>
  document(`config-${id}`, `a config ${what}`, { why, warns }, (host) => host.putImage(parts))

const platform = 'the platform is the one that was asked for: nothing says otherwise'

export const configCases = [
  config('without-os', 'without `os`', platform, { config: { os: undefined } }, true),
  config(
    'without-architecture',
    'without `architecture`',
    platform,
    { config: { architecture: undefined } },
    true,
  ),
  config(
    'without-platform',
    'without `os` and `architecture`',
    platform,
    { config: { os: undefined, architecture: undefined } },
    true,
  ),
  config(
    'platform-null',
    'whose `os` and `architecture` are null',
    platform,
    { config: { os: null, architecture: null } },
    true,
  ),
  config(
    'platform-empty',
    'whose `os` and `architecture` are ""',
    platform,
    { config: { os: '', architecture: '' } },
    true,
  ),
  config('platform-extras-null', 'whose `variant`, `os.version` and `os.features` are null', absent, {
    config: { variant: null, 'os.version': null, 'os.features': null },
  }),
  config(
    'without-rootfs-type',
    'whose `rootfs` has no `type`',
    'there is only one type',
    { rootfs: { type: undefined } },
    true,
  ),
  config(
    'rootfs-type-empty',
    'whose `rootfs.type` is ""',
    'there is only one type',
    { rootfs: { type: '' } },
    true,
  ),
  config('runtime-null', 'whose `config` is null', absent, { config: { config: null } }),
  config('runtime-missing', 'without `config`', 'it is optional', { config: { config: undefined } }),
  config('runtime-nulls', 'in whose `config` every member is null', absent, {
    runtime: {
      ...{ User: null, ExposedPorts: null, Env: null, Entrypoint: null, Cmd: null, Volumes: null },
      ...{ WorkingDir: null, Labels: null, StopSignal: null, ArgsEscaped: null, Healthcheck: null },
      ...{ OnBuild: null, Shell: null },
    },
  }),
  config('history-null', 'whose `history` is null', absent, { config: { history: null } }),
  config('history-missing', 'without `history`', 'it is optional', { config: { history: undefined } }),
  config('history-entry-null', 'with a `history` of null and an entry', absent, {
    config: { history: [null, { created_by: 'x' }] },
  }),
  config('history-members-null', 'with a history entry whose members are null', absent, {
    config: {
      history: [{ created: null, created_by: null, author: null, comment: null, empty_layer: null }],
    },
  }),
  config('history-object', 'whose `history` is an object', unneeded, { config: { history: {} } }, true),
  config('history-too-long', 'with more history entries of layers than layers', unneeded, {
    config: { history: [{ created_by: 'a' }, { created_by: 'b' }, { created_by: 'c' }] },
  }),
  config(
    'history-all-empty',
    'of which every history entry is of an empty layer, though there is one',
    unneeded,
    {
      config: { history: [{ created_by: 'a', empty_layer: true }] },
    },
  ),
  document(
    'config-history-too-short',
    'a config with fewer history entries than layers',
    { why: unneeded },
    (host) =>
      host.putImage({
        layers: [host.putLayer(), host.putLayer(host.layerOf('second'))],
        config: { history: [{ created_by: 'a' }] },
      }),
  ),
  config('created-null', 'whose `created`, `author` and `container_config` are null', absent, {
    config: { created: null, author: null, container_config: null, docker_version: null },
  }),
  config('created-zero', 'whose `created` is the year 1, as Go writes no time', 'it is a time', {
    config: { created: '0001-01-01T00:00:00Z' },
  }),
  config('created-empty', 'whose `created` is ""', unneeded, { config: { created: '' } }),
  config('created-no-date', 'whose `created` is no date', unneeded, { config: { created: 'yesterday' } }),
  config('created-number', 'whose `created` is a number', unneeded, { config: { created: 0 } }, true),
  config(
    'command-strings',
    'whose `Cmd` and `Entrypoint` are strings',
    unneeded,
    { runtime: { Cmd: 'run', Entrypoint: '/bin/app' } },
    true,
  ),
  config(
    'ports-array',
    'whose `ExposedPorts` and `Volumes` are arrays',
    unneeded,
    { runtime: { ExposedPorts: ['80/tcp'], Volumes: [] } },
    true,
  ),
  config(
    'labels-array',
    'whose `Labels` are an empty array, as PHP writes an empty map',
    unneeded,
    { runtime: { Labels: [] } },
    true,
  ),
  config('labels-number', 'with a label that is a number', unneeded, { runtime: { Labels: { n: 1 } } }, true),
  config('user-number', 'whose `User` is a number', unneeded, { runtime: { User: 1000 } }, true),
  config('env-object', 'whose `Env` is an object', unneeded, { runtime: { Env: { A: 'b' } } }, true),
]
