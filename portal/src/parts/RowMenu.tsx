/** What can be done with what stands in a row, behind the three dots at its end. */

import { Icon } from "../ui/Icon";
import { Menu, type MenuItem } from "../ui/Menu";

interface RowMenuProps {
  /** What the row is about. */
  name: string;
  items: MenuItem[];
}

export function RowMenu({ name, items }: RowMenuProps) {
  return (
    <Menu
      label={`More for ${name}`}
      className="button button-icon"
      align="right"
      button={<Icon name="more" />}
      items={items}
    />
  );
}
