-- The recorder's tables of schema version 1 (0.1.0), after 8 events of journal-1.
CREATE TABLE public.kept (
    journal_id character varying(64) NOT NULL,
    seq bigint NOT NULL,
    server character varying(255) NOT NULL,
    computed_at_us bigint NOT NULL,
    previous_computed_at_us bigint,
    observed_at_us bigint NOT NULL,
    diff_seconds double precision,
    lag_seconds double precision,
    late smallint NOT NULL
);
ALTER TABLE public.kept OWNER TO recorder;
CREATE TABLE public.kept_events (
    journal_id character varying(64) NOT NULL,
    seq bigint NOT NULL,
    episode bigint,
    kind character varying(255) NOT NULL,
    server character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    address text NOT NULL,
    at_us bigint NOT NULL,
    decided_at_us bigint NOT NULL,
    observed_at_us bigint,
    computed_at_us bigint,
    previous_computed_at_us bigint,
    lag_seconds double precision,
    age_seconds double precision,
    threshold_seconds double precision,
    since_us bigint,
    reason character varying(255),
    detail text,
    prober character varying(255),
    observers_failing bigint,
    observers_of bigint,
    inhibited smallint NOT NULL,
    announced smallint NOT NULL,
    late smallint NOT NULL,
    notify smallint NOT NULL,
    repeat_number bigint,
    next_reminder_at_us bigint
);
ALTER TABLE public.kept_events OWNER TO recorder;
CREATE TABLE public.kept_meta (
    name character varying(64) NOT NULL,
    journal_id character varying(64) NOT NULL,
    number bigint NOT NULL
);
ALTER TABLE public.kept_meta OWNER TO recorder;
CREATE VIEW public.kept_readable AS
 SELECT kept.server,
    to_char(('1970-01-01 00:00:00'::timestamp without time zone + ((kept.computed_at_us)::double precision * '00:00:00.000001'::interval)), 'YYYY-MM-DD HH24:MI:SS.US'::text) AS computed_at,
    to_char(('1970-01-01 00:00:00'::timestamp without time zone + ((kept.previous_computed_at_us)::double precision * '00:00:00.000001'::interval)), 'YYYY-MM-DD HH24:MI:SS.US'::text) AS previous_computed_at,
    to_char(('1970-01-01 00:00:00'::timestamp without time zone + ((kept.observed_at_us)::double precision * '00:00:00.000001'::interval)), 'YYYY-MM-DD HH24:MI:SS.US'::text) AS observed_at,
    kept.diff_seconds,
    kept.lag_seconds,
    kept.late,
    kept.journal_id,
    kept.seq
   FROM public.kept;
ALTER TABLE public.kept_readable OWNER TO recorder;
INSERT INTO public.kept VALUES ('journal-1', 2, 'PROD', 1795341716500001, 1795341656750001, 1795341720000001, 59.75, 3.5, 0);
INSERT INTO public.kept VALUES ('journal-1', 3, 'PROD', 1795341716500002, 1795341656750002, 1795341720000002, 59.75, 3.5, 0);
INSERT INTO public.kept VALUES ('journal-1', 5, 'PROD', 1795341716500004, 1795341656750004, 1795341720000004, 59.75, 3.5, 0);
INSERT INTO public.kept_events VALUES ('journal-1', 2, NULL, 'updated', 'PROD', 'Production', 'http://prod/', 1795341720000001, 1795341720000002, 1795341720000001, 1795341716500001, 1795341656750001, 3.5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL);
INSERT INTO public.kept_events VALUES ('journal-1', 3, NULL, 'updated', 'PROD', 'Production', 'http://prod/', 1795341720000002, 1795341720000003, 1795341720000002, 1795341716500002, 1795341656750002, 3.5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL);
INSERT INTO public.kept_events VALUES ('journal-1', 4, 4, 'failing', 'PROD', 'Production', '', 1795341720000003, 1795341720000003, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'http_status', 'HTTP 503', NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL);
INSERT INTO public.kept_events VALUES ('journal-1', 5, NULL, 'updated', 'PROD', 'Production', 'http://prod/', 1795341720000004, 1795341720000005, 1795341720000004, 1795341716500004, 1795341656750004, 3.5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL);
INSERT INTO public.kept_events VALUES ('journal-1', 7, 7, 'failing', 'PROD', 'Production', '', 1795341720000006, 1795341720000006, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'http_status', 'HTTP 503', NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL);
INSERT INTO public.kept_events VALUES ('journal-1', 8, NULL, 'prober_lost', '', 'prober-1', '', 1795341720000007, 1795341720000007, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'no lease 🕒 ''x''', NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL);
INSERT INTO public.kept_meta VALUES ('schema', '', 1);
INSERT INTO public.kept_meta VALUES ('cursor', 'journal-1', 8);
ALTER TABLE ONLY public.kept_events
    ADD CONSTRAINT kept_events_pkey PRIMARY KEY (journal_id, seq);
ALTER TABLE ONLY public.kept_meta
    ADD CONSTRAINT kept_meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.kept
    ADD CONSTRAINT kept_pkey PRIMARY KEY (journal_id, seq);
CREATE INDEX kept_by_server ON public.kept USING btree (server, observed_at_us);
