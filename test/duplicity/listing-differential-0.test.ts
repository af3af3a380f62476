import { compareArchives } from './compare-archives.ts'

compareArchives(0, Number(process.env.HOLDFAST_TEST_ARCHIVES ?? 200) / 2)
