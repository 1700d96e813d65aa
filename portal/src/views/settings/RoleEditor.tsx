/** Which role somebody has, for every resource and for single ones. */

import type { Role } from "./management";

/** Stands for every resource, those of tomorrow included. */
export const EVERYTHING = "*";

/** By the name of a resource; null takes a role away. */
export type Roles = Record<string, Role | null>;

const ROLES: { role: Role; label: string }[] = [
  { role: "viewer", label: "Viewer" },
  { role: "editor", label: "Editor" },
  { role: "admin", label: "Administrator" },
];

interface RoleEditorProps {
  names: string[];
  roles: Roles;
  onChange: (roles: Roles) => void;
}

export function RoleEditor({ names, roles, onChange }: RoleEditorProps) {
  return (
    <div className="field">
      <p className="muted small">
        A viewer queries and sees settings; an editor also keeps queries and sends telemetry; an
        administrator also changes the resource. Administrators of every resource administer the
        server.
      </p>
      <div className="roles" tabIndex={0} role="group" aria-label="Roles, scrollable">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Resource</th>
              <th scope="col">Role</th>
            </tr>
          </thead>
          <tbody>
            {[EVERYTHING, ...names].map((name) => {
              const label = name === EVERYTHING ? "Every resource" : name;
              return (
                <tr key={name}>
                  <td>{label}</td>
                  <td>
                    <select
                      className="input"
                      aria-label={`Role for ${label}`}
                      value={roles[name] ?? ""}
                      onChange={(event) =>
                        onChange({ ...roles, [name]: (event.target.value || null) as Role | null })
                      }
                    >
                      <option value="">None</option>
                      {ROLES.map(({ role, label: text }) => (
                        <option key={role} value={role}>
                          {text}
                        </option>
                      ))}
                    </select>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}
