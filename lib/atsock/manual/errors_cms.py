"""+CMS ERROR codes: NL668 TCP&UDP AT manual 2.2, the list of 3GPP TS 27.005 3.2.5 and the maker's own.

Looked up by texts.py.
"""

TEXTS = b"""
1 Unassigned (unallocated) number
8 Operator determined barring
10 Call barred
17 Network failure
21 Short message transfer rejected
22 Memory capacity exceeded
27 Destination out of service
28 Unidentified subscriber
29 Facility rejected
30 Unknown Subscriber
38 Network out of order
41 Temporary failure
42 Congestion
47 Resources unavailable, unspecified
50 Requested facility not subscribed
69 Requested facility not implemented
81 Invalid short message reference value
95 Invalid message, unspecified
96 Invalid mandatory information
97 Message type non-existent or not implemented
98 Message not compatible with short message protocol state
99 Information element non-existent or not implemented
111 Protocol error, unspecified
127 Interworking unspecified
128 Telematic interworking not supported
129 Short message type 0 not supported
130 Cannot replace short message
143 Unspecified TP-PID error
144 Data coding scheme (alphabet) not supported
145 Message class not supported
159 Unspecified TP-DCS error
160 Command cannot be actioned
161 Command unsupported
175 Unspecified TP-Command error
176 TPDU not supported
192 SC busy
193 No SC subscription
194 SC system failure
195 Invalid SME address
196 Destination SME barred
197 SM Rejected-Duplicate SM
198 TP-VPF not supported
199 TP-VP not supported
208 SIM SMS storage full
209 No SMS storage capability in SIM
210 Error in MS
211 Memory Capacity Exceeded
212 SIM Application Toolkit Busy
213 SIM data download error
224 TP_FCS_APPL_ERR_START
254 TP_FCS_APPL_ERR_STOP
255 TP_FCS_UNSPECIFIED
300 ME failure
301 SMS service of ME reserved
302 operation not allowed
303 operation not supported
304 Invalid PDU mode param
305 invalid text mode parameter
310 SIM not inserted
311 SIM PIN required
312 PH-SIM PIN necessary
313 SIM failure
314 SIM busy
315 SIM wrong
317 SIM PIN2 required
318 SIM PUK2 required
319 incorrect PUK1
320 memory failure
321 invalid memory index
322 memory full
330 SMSC address unknown
331 no network service
332 network timeout
340 no +CNMA acknowledgement expected
512 MN_SMS_RP_ACK
513 MN_SMS_TIMER_EXPIRED
514 MN_SMS_FORW_AVAIL_FAILED
515 MN_SMS_FORW_AVAIL_ABORTED
516 MS invalid TP-Message-Type-Indicator
517 MS no TP-Status-Report in Phase 1
518 MS no TP-Reject-Duplicate in Phase 1
519 MS no TP-Reply-Path in Phase 1
520 MS no TP-User-Data-Header in Phase 1
521 MS missing TP-Validity-Period
522 MS invalid TP-Service-Centre-Time-Stamp
523 MS missing TP-Destination-Address
524 MS invalid TP-Destination-Address
525 MS missing Service-Centre-Address
526 MS invalid Service-Centre-Address
527 MS invalid alphabet
528 MS invalid TP-User-Data-Length
529 MS missing TP-User-Data
530 MS TP-User-Data too long
531 MS no Command-Request in Phase 1
532 MS Cmd-Req invalid TP-Destination-Address
533 MS Cmd-Req invalid TP-User-Data-Length
534 MS Cmd-Req invalid TP-User-Data
535 MS Cmd-Req invalid TP-Command-Type
536 MN MNR creation failed
537 MS CMM creation failed
538 MS network connection lost
539 MS pending MO SM transfer
540 RP-Error OK
541 RP-Error OK no icon display
542 SMS-PP Unspecified
543 SMS rejected By SMS CONTROL
"""
