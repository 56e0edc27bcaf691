"""+CME ERROR codes: NL668 TCP&UDP AT manual 2.1, the list of 3GPP TS 27.007 9.2 and the network's causes.

Looked up by texts.py.
"""

TEXTS = b"""
0 phone failure
1 no connection to phone
2 phone-adaptor link reserved
3 operation not allowed
4 operation not supported
5 PH-SIM PIN required
6 PH-FSIM PIN required
7 PH-FSIM PUK required
10 SIM not inserted
11 SIM PIN required
12 SIM PUK required
13 SIM failure
14 SIM busy
15 SIM wrong
16 incorrect password
17 SIM PIN2 required
18 SIM PUK2 required
19 incorrect PUK1
20 memory full
21 invalid index
22 not found
23 memory failure
24 text string too long
25 invalid characters in text string
26 dial string too long
27 invalid characters in dial string
30 no network service
31 network timeout
32 network not allowed - emergency calls only
40 network personalisation PIN required
41 network personalisation PUK required
42 network subset personalisation PIN required
43 network subset personalisation PUK required
44 service provider personalisation PIN required
45 service provider personalisation PUK required
46 corporate personalisation PIN required
47 corporate personalisation PUK required
48 hidden key required
49 EAP method not supported
50 Incorrect parameters
100 unknown
103 Illegal MS
106 Illegal ME
107 GPRS services not allowed
111 PLMN not allowed
112 location area not allowed
113 roaming not allowed in this location area
114 GPRS services not allowed in this PLMN
116 MSC temporarily not reachable
117 Network failure
132 Service not supported
133 Service not subscribed
134 service option temporarily out of order
135 NS-api already used
148 Unspecified GPRS error
149 PDP authentication error
150 invalid mobile class
244 Attach failure
257 Invalid error mapping
258 APN not listed in APN Control List (ACL)
701 incorrect security code
702 max attempts reached
1001 Unassigned (unallocated) number
1003 No route to destination
1006 Channel unacceptable
1008 Operator determined barring
1016 Normal call clearing
1017 User busy
1018 No user responding
1019 User alerting, no answer
1021 Call rejected
1022 Number changed
1026 Non selected user clearing
1027 Destination out of order
1028 Invalid number format (incomplete number)
1029 Facility rejected
1030 Response to STATUS ENQUIRY
1031 Normal, unspecified
1034 No circuit/channel available
1038 Network out of order
1041 Temporary failure
1042 Switching equipment congestion
1043 Access information discarded
1044 requested circuit/channel not available
1047 Resources unavailable, unspecified
1049 Quality of service unavailable
1050 Requested facility not subscribed
1055 Incoming calls barred within the CUG
1057 Bearer capability not authorized
1058 Bearer capability not presently available
1063 Service or option not available, unspecified
1065 Bearer service not implemented
1068 ACM equal to or greater than ACMmax
1069 Requested facility not implemented
1070 Only restr. digital information bearer capability
1079 Service or option not implemented, unspecified
1081 Invalid transaction identifier value
1087 User not member of CUG
1088 Incompatible destination
1091 Invalid transit network selection
1095 Semantically incorrect message
1096 Invalid mandatory information
1097 Message type non-existent or not implemented
1098 Message type not compatible with protocol state
1099 Information element non-existent or not implemented
1100 Conditional IE error
1101 Message not compatible with protocol state
1102 Recovery on timer expiry
1111 Protocol error, unspecified
1127 Interworking, unspecified
1279 Number not allowed
1283 CCBS possible
"""
