-- The recorder's tables of schema version 1 (0.1.0), after 8 events of journal-1.
CREATE TABLE `kept` (
  `journal_id` varchar(64) NOT NULL,
  `seq` bigint(20) NOT NULL,
  `server` varchar(255) NOT NULL,
  `computed_at_us` bigint(20) NOT NULL,
  `previous_computed_at_us` bigint(20) DEFAULT NULL,
  `observed_at_us` bigint(20) NOT NULL,
  `diff_seconds` double DEFAULT NULL,
  `lag_seconds` double DEFAULT NULL,
  `late` smallint(6) NOT NULL,
  PRIMARY KEY (`journal_id`,`seq`),
  KEY `kept_by_server` (`server`,`observed_at_us`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `kept` VALUES
('journal-1',2,'PROD',1795341716500001,1795341656750001,1795341720000001,59.75,3.5,0),
('journal-1',3,'PROD',1795341716500002,1795341656750002,1795341720000002,59.75,3.5,0),
('journal-1',5,'PROD',1795341716500004,1795341656750004,1795341720000004,59.75,3.5,0);
CREATE TABLE `kept_events` (
  `journal_id` varchar(64) NOT NULL,
  `seq` bigint(20) NOT NULL,
  `episode` bigint(20) DEFAULT NULL,
  `kind` varchar(255) NOT NULL,
  `server` varchar(255) NOT NULL,
  `name` varchar(255) NOT NULL,
  `address` text NOT NULL,
  `at_us` bigint(20) NOT NULL,
  `decided_at_us` bigint(20) NOT NULL,
  `observed_at_us` bigint(20) DEFAULT NULL,
  `computed_at_us` bigint(20) DEFAULT NULL,
  `previous_computed_at_us` bigint(20) DEFAULT NULL,
  `lag_seconds` double DEFAULT NULL,
  `age_seconds` double DEFAULT NULL,
  `threshold_seconds` double DEFAULT NULL,
  `since_us` bigint(20) DEFAULT NULL,
  `reason` varchar(255) DEFAULT NULL,
  `detail` text DEFAULT NULL,
  `prober` varchar(255) DEFAULT NULL,
  `observers_failing` bigint(20) DEFAULT NULL,
  `observers_of` bigint(20) DEFAULT NULL,
  `inhibited` smallint(6) NOT NULL,
  `announced` smallint(6) NOT NULL,
  `late` smallint(6) NOT NULL,
  `notify` smallint(6) NOT NULL,
  `repeat_number` bigint(20) DEFAULT NULL,
  `next_reminder_at_us` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`journal_id`,`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `kept_events` VALUES
('journal-1',2,NULL,'updated','PROD','Production','http://prod/',1795341720000001,1795341720000002,1795341720000001,1795341716500001,1795341656750001,3.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,0,NULL,NULL),
('journal-1',3,NULL,'updated','PROD','Production','http://prod/',1795341720000002,1795341720000003,1795341720000002,1795341716500002,1795341656750002,3.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,0,NULL,NULL),
('journal-1',4,4,'failing','PROD','Production','',1795341720000003,1795341720000003,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'http_status','HTTP 503',NULL,NULL,NULL,0,0,0,0,NULL,NULL),
('journal-1',5,NULL,'updated','PROD','Production','http://prod/',1795341720000004,1795341720000005,1795341720000004,1795341716500004,1795341656750004,3.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,0,NULL,NULL),
('journal-1',7,7,'failing','PROD','Production','',1795341720000006,1795341720000006,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'http_status','HTTP 503',NULL,NULL,NULL,0,0,0,0,NULL,NULL),
('journal-1',8,NULL,'prober_lost','','prober-1','',1795341720000007,1795341720000007,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'no lease 🕒 \'x\'',NULL,NULL,NULL,0,0,0,0,NULL,NULL);
CREATE TABLE `kept_meta` (
  `name` varchar(64) NOT NULL,
  `journal_id` varchar(64) NOT NULL,
  `number` bigint(20) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `kept_meta` VALUES
('cursor','journal-1',8),
('schema','',1);
CREATE VIEW `kept_readable` AS select `kept`.`server` AS `server`,date_format(TIMESTAMP'1970-01-01 00:00:00.000000' + interval `kept`.`computed_at_us` microsecond,'%Y-%m-%d %H:%i:%s.%f') AS `computed_at`,date_format(TIMESTAMP'1970-01-01 00:00:00.000000' + interval `kept`.`previous_computed_at_us` microsecond,'%Y-%m-%d %H:%i:%s.%f') AS `previous_computed_at`,date_format(TIMESTAMP'1970-01-01 00:00:00.000000' + interval `kept`.`observed_at_us` microsecond,'%Y-%m-%d %H:%i:%s.%f') AS `observed_at`,`kept`.`diff_seconds` AS `diff_seconds`,`kept`.`lag_seconds` AS `lag_seconds`,`kept`.`late` AS `late`,`kept`.`journal_id` AS `journal_id`,`kept`.`seq` AS `seq` from `kept`;
