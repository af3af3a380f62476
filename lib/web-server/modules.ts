import { readApache } from './apache.ts'

/** Apache's modules by the directives that are theirs, as far as sites use them and not every Apache has them. */
const MODULES: Readonly<Record<string, string>> = {
  alias: 'alias',
  redirect: 'alias',
  redirectmatch: 'alias',
  scriptalias: 'alias',
  expiresactive: 'expires',
  expiresbytype: 'expires',
  expiresdefault: 'expires',
  header: 'headers',
  requestheader: 'headers',
  proxypass: 'proxy',
  proxypassmatch: 'proxy',
  rewritecond: 'rewrite',
  rewriteengine: 'rewrite',
  rewriterule: 'rewrite',
  setenvif: 'setenvif',
  sslengine: 'ssl',
}

/** The modules that a configuration needs, by their names in `mods-enabled`; not those it asks for first. */
export function modulesNeeded(text: string): string[] {
  const needed = new Set<string>()
  let asked = 0
  for (const { kind, name, words } of readApache(text).lines) {
    if (name === 'ifmodule') asked += kind === 'begin' ? 1 : -1
    else if (asked > 0) continue
    else if (name === 'sethandler' && words[0]?.startsWith('proxy:')) needed.add('proxy_fcgi')
    else if (name === 'protocols' && words.includes('h2')) needed.add('http2')
    else if (Object.hasOwn(MODULES, name)) needed.add(MODULES[name]!)
  }
  return [...needed].toSorted()
}
