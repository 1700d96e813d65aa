/** Where the server answers, how it is protected, and what clients have to trust. */

import { useReply } from "../../parts/useReply";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Facts, type Fact } from "./Facts";
import { server, type ServerFacts } from "./management";
import type { TabProps } from "./Settings";

const CERTIFICATE = "/server/ca.pem";

export function Endpoints({ resource }: TabProps) {
  const found = useReply("server", server);
  if (found.error && !found.data) return <ErrorBox error={found.error} retry={found.reload} />;
  if (!found.data) return <div className="skeleton" />;
  const { publicUrl } = found.data;
  const facts: Fact[] = [
    { label: "Server", value: publicUrl },
    { label: "Ingestion", value: `${publicUrl}v2.1/track` },
    { label: "Live metrics", value: `${publicUrl}QuickPulseService.svc` },
    { label: "Query API", value: `${publicUrl}v1/apps/${resource.app_id}/query` },
    { label: "API description", value: `${publicUrl}openapi.json` },
    { label: "OpenTelemetry, HTTP", value: otlp(found.data, found.data.otlpHttpPort, "/v1/traces") },
    { label: "OpenTelemetry, gRPC", value: otlp(found.data, found.data.otlpGrpcPort, "") },
  ].map((one) => ({ ...one, copies: /^https?:/.test(one.value) }));
  return (
    <>
      <section className="card" aria-label="Endpoints">
        <h2>Endpoints</h2>
        <Facts facts={facts} />
        <p className="muted small">
          Connection strings name the server as above; <code>--public-url</code> sets it.
        </p>
      </section>
      <section className="card" aria-label="TLS">
        <h2>TLS</h2>
        <Tls facts={found.data} />
      </section>
    </>
  );
}

function Tls({ facts }: { facts: ServerFacts }) {
  if (facts.tls === "none") {
    const behindProxy = facts.publicUrl.startsWith("https:");
    return (
      <p>
        {behindProxy
          ? "The server itself speaks plain HTTP; the public address is https, so a proxy protects the way to it."
          : "The server speaks plain HTTP: passwords and keys can be read on their way. On this machine alone that is fine."}{" "}
        <code>openinsights serve --tls auto</code> makes a certificate.
      </p>
    );
  }
  const print: Fact[] = [{ label: "Fingerprint", value: facts.fingerprint, copies: true }];
  if (facts.tls === "own") {
    return (
      <>
        <p>The server shows a certificate of its operator.</p>
        <Facts facts={print} />
      </>
    );
  }
  return (
    <>
      <p>
        The server made its certificate (<code>--tls auto</code>). Clients have to trust the
        authority that signed it.
      </p>
      <Facts facts={print} />
      <div className="row">
        <a className="button" href={CERTIFICATE} download="openinsights-ca.pem">
          <Icon name="download" /> Download the CA certificate
        </a>
      </div>
      <p className="muted small">
        Python reads it from <code>REQUESTS_CA_BUNDLE</code> or <code>SSL_CERT_FILE</code>, Node
        from <code>NODE_EXTRA_CA_CERTS</code>, curl with <code>--cacert</code>.
      </p>
    </>
  );
}

function otlp({ publicUrl }: ServerFacts, port: number, path: string): string {
  if (!port) return "turned off";
  const url = new URL(publicUrl);
  return `${url.protocol}//${url.hostname}:${port}${path}`;
}
