import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Markdown } from "./Markdown";

function html(text: string): string {
  return renderToStaticMarkup(<Markdown text={text} />)
    .replace(/^<div class="markdown">|<\/div>$/g, "")
    .replaceAll(/<\/?span>/g, "");
}

test("headings, lists, tables, code and emphasis", () => {
  expect(html("# A *b*\n\ntext **bold** and `a*b`\nmore")).toBe(
    '<h2 class="level-1">A <em>b</em></h2><p>text <strong>bold</strong> and <code>a*b</code>\nmore</p>',
  );
  expect(html("- a\n  - b\n- c\n\n1. x")).toBe(
    "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><ol><li>x</li></ol>",
  );
  expect(html("| a | b |\n|---|:-:|\n| 1 | 2 |")).toBe(
    '<table class="table"><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>',
  );
  expect(html("```\n<b> *x*\n```")).toBe("<pre>&lt;b&gt; *x*</pre>");
  expect(html("> a\n> b\n\n---")).toBe("<blockquote><p>a\nb</p></blockquote><hr/>");
  expect(html("operation_Id and parent_Id")).toBe("<p>operation_Id and parent_Id</p>");
});

test("HTML is text, and only pages are linked", () => {
  expect(html('<script>alert(1)</script> <img src=x onerror="a()">')).toBe(
    "<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=&quot;a()&quot;&gt;</p>",
  );
  for (const href of ["javascript:alert(1)", "data:text/html,x", "JaVaScRiPt:a", "//evil.example"]) {
    expect(html(`[a](${href})`)).toBe("<p>a</p>");
  }
  expect(html("[a](https://a.example/b)")).toBe(
    '<p><a href="https://a.example/b" rel="noopener noreferrer" target="_blank">a</a></p>',
  );
  expect(html("![picture](https://a.example/b.png)")).not.toContain("<img");
});

test("any text ends", () => {
  for (const text of ["*".repeat(5_000), "[".repeat(5_000), "`".repeat(5_001), "> ".repeat(5_000), "|\n".repeat(900), "_a".repeat(3_000), "#", "```", "- \n-"]) {
    expect(typeof html(text)).toBe("string");
  }
});
