/** Address of the KQL language worker; set by the build. */
declare const __KQL_WORKER__: string;
