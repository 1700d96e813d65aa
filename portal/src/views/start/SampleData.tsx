/** Fills a resource of its own with an hour of a made-up shop, sent the way an SDK sends. */

import { useState } from "react";
import { createResource, listResources, post, type Resource } from "../../lib/api";
import { exact } from "../../lib/format";
import { may, useSession } from "../../lib/session";
import { useDoing } from "../../parts/useReply";
import { viewPath } from "../../shell/address";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { sampleData } from "./sampleData";

const NAME = "sample-shop";
const GROUP = "samples";
const BATCH = 400;

interface TrackReply {
  itemsReceived: number;
  itemsAccepted: number;
}

export function SampleData() {
  const session = useSession();
  const doing = useDoing();
  const [sent, setSent] = useState(0);
  const forbidden = session !== null && !may(session, "manage");
  const load = async () => {
    const sample = await sampleResource();
    const envelopes = sampleData(sample.instrumentation_key, Date.now());
    for (let at = 0; at < envelopes.length; at += BATCH) {
      const batch = envelopes.slice(at, at + BATCH);
      const { itemsAccepted } = await post<TrackReply>("/v2.1/track", batch);
      if (itemsAccepted < batch.length) {
        throw new Error(`The server took ${itemsAccepted} of ${batch.length} items.`);
      }
      setSent(at + batch.length);
    }
    const hour = new URLSearchParams({ from: "now-1h", to: "now" });
    // The list of resources in the shell is older than the sample: the page begins anew.
    location.assign(viewPath(sample.app_id, "overview", hour));
  };
  return (
    <section className="card start-step" aria-label="Sample data">
      <h2>Nothing to send yet?</h2>
      <p className="muted">
        An hour of a made-up shop is sent to a resource of its own, <code>{NAME}</code>, through the
        ingestion URL. Its settings delete it when you have seen enough.
      </p>
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={doing.busy || forbidden}
          title={forbidden ? "Creating resources needs an administrator of every resource" : undefined}
          onClick={() => void doing.run(load)}
        >
          <Icon name="download" /> Load sample data
        </button>
        <span className="muted" aria-live="polite">
          {forbidden && "Creating resources needs an administrator of every resource."}
          {doing.busy && (sent ? `${exact(sent)} items sent…` : "Making the resource…")}
        </span>
      </div>
      {doing.error && <ErrorBox error={doing.error} />}
    </section>
  );
}

/** The resource of the sample: the one that is there, or a new one. */
async function sampleResource(): Promise<Resource> {
  const known = (await listResources()).find(
    (one) => one.name === NAME && one.resource_group === GROUP,
  );
  return known ?? createResource({ name: NAME, resource_group: GROUP, location: "local" });
}
