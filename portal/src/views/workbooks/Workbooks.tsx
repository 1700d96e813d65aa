/** Documents of text, parameters, queries and charts, and the dashboards that people pin to. */

import { useAddress } from "../../shell/address";
import type { ViewProps } from "../../shell/views";
import { Library } from "./Library";
import { OpenWorkbook } from "./OpenWorkbook";
import "./workbooks.css";

export function Workbooks({ resource }: ViewProps) {
  const { subject } = useAddress();
  return subject ? (
    <OpenWorkbook key={subject} resource={resource} name={subject} />
  ) : (
    <Library resource={resource} />
  );
}
