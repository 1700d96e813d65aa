/**
 * The portal's rules: typescript-eslint's strictest with types, the rules of React's hooks, and
 * accessibility. What a rule cannot see is turned off here with its reason; axe and the browser
 * tests look at the pages themselves.
 */

import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import path from "node:path";
import ts from "typescript-eslint";

export default defineConfig(
  { ignores: ["**/*.worker.js"] },
  {
    files: ["**/*.{ts,tsx,mts}"],
    extends: [
      ts.configs.strictTypeChecked,
      a11y.flatConfigs.strict,
    ],
    plugins: { "react-hooks": hooks },
    languageOptions: {
      parserOptions: {
        project: "./tsconfig.json",
        tsconfigRootDir: path.join(import.meta.dirname, ".."),
      },
    },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      // The keys of a row, an option or a tree item are taken by the grid, list or tree around it.
      "jsx-a11y/click-events-have-key-events": "off",
      "jsx-a11y/interactive-supports-focus": "off",
      "jsx-a11y/no-interactive-element-to-noninteractive-role": "off",
      "jsx-a11y/no-noninteractive-element-interactions": "off",
      "jsx-a11y/no-noninteractive-element-to-interactive-role": "off",
      "jsx-a11y/no-static-element-interactions": "off",
      // A region that scrolls has to be reachable by keyboard: axe asks for what this rule forbids.
      "jsx-a11y/no-noninteractive-tabindex": "off",
      "jsx-a11y/label-has-associated-control": [
        "error",
        { controlComponents: ["Value", "TextField"], depth: 3 },
      ],
      // What opens at a key press takes the next keys.
      "jsx-a11y/no-autofocus": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
);
