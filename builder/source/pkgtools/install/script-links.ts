// The symbolic links that install/doinst.sh makes. makepkg takes all links out of a package and writes two lines for each:
//
//     ( cd lib64 ; rm -rf libc.so.6 )
//     ( cd lib64 ; ln -sf libc-2.33.so libc.so.6 )
//
// Without them no shell runs that could run the script: /bin/sh itself is one. Pure.

/** A link; `path` is relative to the root. */
export interface ScriptLink {
  readonly path: string;
  readonly target: string;
}

const pair =
  /^\( ?cd ([^\s;()&|`$'"\\*?\0\ufffd]+) ?; ?rm -rf ([^\s;()&|`$'"\\*?/\0\ufffd]+) ?\)\n\( ?cd ([^\s;()&|`$'"\\*?\0\ufffd]+) ?; ?ln -sf ([^\s;()&|`$'"\\*?\0\ufffd]+) ([^\s;()&|`$'"\\*?/\0\ufffd]+) ?\)$/gm;

/**
 * Those of pairs of lines exactly as makepkg writes them; anything else of a script is left to a shell, and so are names that are not
 * UTF-8. `script`: one character for each byte.
 */
export function scriptLinks(script: string): readonly ScriptLink[] {
  const text = Buffer.from(script, 'latin1').toString('utf8');
  return [...text.matchAll(pair)].flatMap(([, folder = '', name = '', again, target = '', link]) =>
    folder === again && name === link && !/(?:^|\/)\.\.(?:\/|$)/.test(`${folder}/${name}`) && name !== '.'
      ? [{ path: `${folder.replace(/^\.?\/+|\/+$/g, '')}/${name}`.replace(/^(?:\.?\/)+/, ''), target }]
      : [],
  );
}
