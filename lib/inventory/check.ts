import { z } from 'zod'

/** How a site is asked whether it works. */
export const check = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Asked on this host: http://127.0.0.1:8080/; without it, its first domain is asked on 127.0.0.1'),
    host: z.string().min(1).optional().describe('The Host header, where the URL does not name the site'),
    expect: z.string().min(1).optional().describe('A text that each page of a working site contains'),
    paths: z
      .array(z.string().regex(/^\/[!-~]*$/, 'wanted a path such as /shop/'))
      .min(1)
      .max(20)
      .optional()
      .describe('The pages that are asked for, each of which must work; the front page alone when absent'),
    errorLog: z
      .string()
      .regex(/^(?!.*(^|\/)\.\.?(\/|$))[^\0]*[^/\0]$/, 'wanted the path of a file, without . and ..')
      .optional()
      .describe("PHP's error log of the site, below its folder, or an absolute path: new fatal errors in it are reported"),
  })
  .describe(
    'How this host asks the site whether it works; without it, its first domain is asked for on 127.0.0.1 where there is a web server',
  )
